// The executor: runs a program, operation after operation, on all threads.
import { augment } from "./augment";
import { batchNorm, batchNormGradient, batchNormInference, foldBatchNorm } from "./batchNorm";
import { conv2d, conv2dInputGradient } from "./conv2d";
import { conv2dWeightGradient } from "./conv2dWeightGradient";
import { conv2dMaxPool } from "./convPool";
import { conv2dMaxPoolGradient } from "./convPoolGradient";
import { dense } from "./dense";
import { denseGradient } from "./denseGradient";
import { activationGradient, dropout, scalePixels } from "./elementwise";
import { JOB, PROGRAM, STARTED, STOP } from "./layout";
import { meanSquaredError, softmax, softmaxCrossEntropy } from "./losses";
import { Opcode } from "./opcodes";
import { adam, average, momentum, rmsProp, sgd } from "./optimizers";
import { avgPool2d, avgPool2dGradient, maxPool2d, maxPool2dGradient } from "./pool2d";
import { biasGradient, sumSquares } from "./reduce";
import { densePanels, sparseDense } from "./sparseDense";
import { winogradWeights } from "./winogradWeights";
import { barrier, nextJob, noteJob, publishJob, setThread } from "./threads";

function execute(opcode: i32, args: usize): void {
  switch (opcode) {
    case Opcode.Dense:
      return dense(args);
    case Opcode.DenseGradient:
      return denseGradient(args);
    case Opcode.Conv2d:
      return conv2d(args);
    case Opcode.Conv2dInputGradient:
      return conv2dInputGradient(args);
    case Opcode.Conv2dWeightGradient:
      return conv2dWeightGradient(args);
    case Opcode.BiasGradient:
      return biasGradient(args);
    case Opcode.ActivationGradient:
      return activationGradient(args);
    case Opcode.MaxPool2d:
      return maxPool2d(args);
    case Opcode.MaxPool2dGradient:
      return maxPool2dGradient(args);
    case Opcode.AvgPool2d:
      return avgPool2d(args);
    case Opcode.AvgPool2dGradient:
      return avgPool2dGradient(args);
    case Opcode.Dropout:
      return dropout(args);
    case Opcode.Softmax:
      return softmax(args);
    case Opcode.SoftmaxCrossEntropy:
      return softmaxCrossEntropy(args);
    case Opcode.MeanSquaredError:
      return meanSquaredError(args);
    case Opcode.SumSquares:
      return sumSquares(args);
    case Opcode.Sgd:
      return sgd(args);
    case Opcode.Momentum:
      return momentum(args);
    case Opcode.RmsProp:
      return rmsProp(args);
    case Opcode.Adam:
      return adam(args, false);
    case Opcode.AdamW:
      return adam(args, true);
    case Opcode.Conv2dMaxPool:
      return conv2dMaxPool(args);
    case Opcode.Conv2dMaxPoolGradient:
      return conv2dMaxPoolGradient(args);
    case Opcode.WinogradWeights:
      return winogradWeights(args);
    case Opcode.SparseDense:
      return sparseDense(args);
    case Opcode.DensePanels:
      return densePanels(args);
    case Opcode.ScalePixels:
      return scalePixels(args);
    case Opcode.Augment:
      return augment(args);
    case Opcode.Average:
      return average(args);
    case Opcode.BatchNorm:
      return batchNorm(args);
    case Opcode.BatchNormGradient:
      return batchNormGradient(args);
    case Opcode.BatchNormInference:
      return batchNormInference(args);
    case Opcode.FoldBatchNorm:
      return foldBatchNorm(args);
    default:
      unreachable();
  }
}

/** Updates of parameters have opcodes side by side, and averages come in programs of their own. */
function isUpdate(opcode: i32): bool {
  return (opcode >= Opcode.Sgd && opcode <= Opcode.AdamW) || opcode == Opcode.Average;
}

function runShare(program: u32, thread: i32, threads: i32): void {
  setThread(thread, threads);
  let at = <usize>program << 2;
  for (;;) {
    const opcode = load<i32>(at);
    if (opcode == Opcode.End) return;
    execute(opcode, at + 8);
    at += 8 + (<usize>load<u32>(at, 4) << 2);
    // Every operation may read what any thread wrote in the one before; only updates never meet each other's tensors.
    if (!isUpdate(opcode) || !isUpdate(load<i32>(at))) barrier();
  }
}

/** Runs the program at cell `program` on this thread and on those of at most `limit` - 1 workers that have started. */
export function run(program: u32, limit: i32): void {
  const threads = min(atomic.load<i32>(STARTED) + 1, limit);
  if (threads > 1) {
    atomic.store<u32>(PROGRAM, program);
    publishJob((((atomic.load<i32>(JOB) >> 8) + 1) << 8) | threads);
  }
  runShare(program, 0, threads);
}

// A global for the reason given in threads.ts.
let worker: i32 = 0;

/** A worker's life: takes part in every job that counts it in, until it is told to stop. */
export function work(): void {
  noteJob();
  worker = atomic.add<i32>(STARTED, 1) + 1;
  while (atomic.load<i32>(STOP) == 0) {
    const threads = nextJob() & 255;
    if (worker < threads) runShare(atomic.load<u32>(PROGRAM), worker, threads);
  }
}

/** Lets the workers return; no job may be running. */
export function stop(): void {
  atomic.store<i32>(STOP, 1);
  publishJob(((atomic.load<i32>(JOB) >> 8) + 1) << 8);
}
