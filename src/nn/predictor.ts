import { type Shape, sizeOf } from "../core/shape.ts";
import type { Engine, Program } from "../engine/engine.ts";
import { softmax } from "../engine/operations/losses.ts";
import type { Operation } from "../engine/operations/operation.ts";
import { pixelCells, scalePixels } from "../engine/operations/pixels.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import type { Parameter } from "./layers/layer.ts";
import { forward, fullName, type Network } from "./network.ts";
import { softmaxRows } from "./softmax.ts";

/** A network compiled to predict only. */
export interface Predictor {
  readonly network: Network;
  /**
   * The probability of each class for each image.
   *
   * @param pixels [n, height, width, channels], 0..255, row by row; any n.
   * @returns [n, classes], each row adding to 1.
   */
  predict(pixels: Uint8Array): Float32Array;
  /** The same with the logits [n, classes] that they were made from, not yet divided by the temperature. */
  outputs(pixels: Uint8Array): { readonly logits: Float32Array; readonly probabilities: Float32Array };
  /** To be called when the parameters' values have changed. */
  parametersChanged(): void;
}

/** Images that are computed at a time where there are many. */
const BATCH = 128;

/**
 * Compiles `network` for prediction over `parameters`, tensors by full name as {@link TrainingStep.parameters}. A predictor
 * that `isForOnce` never arranges weights for speed; the bits are the same. Logits are divided by `temperature`.
 */
export function createPredictor(
  engine: Engine,
  network: Network,
  parameters: ReadonlyMap<string, Tensor>,
  {
    isForOnce = false,
    temperature = 1,
  }: { readonly isForOnce?: boolean; readonly temperature?: number } = {},
): Predictor {
  const { input, classes } = network.definition;
  const imageSize = sizeOf(input.shape);

  interface Plan {
    /** A byte each. */
    readonly pixels: Tensor;
    readonly logits: Tensor;
    readonly probabilities: Tensor;
    readonly program: Program;
  }
  const plans = new Map<string, Plan>();
  const prepared = new Map<string, Tensor>();
  const preparations: Program[] = [];
  const planFor = (size: number, isRepeated: boolean): Plan => {
    const key = `${size} ${isRepeated}`;
    const ready = plans.get(key);
    if (ready) return ready;
    const operations: Operation[] = [];
    const graph = {
      batchSize: size,
      isRepeated,
      room: (name: string, length: number) => tensor(name, [length]),
      add: (operation: Operation) => void operations.push(operation),
      activation: (name: string, shape: Shape) => tensor(name, [size, ...shape]),
      parameter: (parameter: Parameter) => parameters.get(fullName(network, parameter))!,
      prepared(name: string, length: number, prepare: (to: Tensor) => Operation) {
        const ready = prepared.get(name);
        if (ready) return ready;
        const one = engine.allocate(name, [length]);
        prepared.set(name, one);
        const program = engine.compile([prepare(one)]);
        program.run(0);
        preparations.push(program);
        return one;
      },
    };
    const pixels = tensor("pixels", [pixelCells(size * imageSize)], { kept: true });
    const images = tensor("images", [size, ...input.shape]);
    operations.push(scalePixels({ pixels, x: images, ...input, perImage: imageSize }));
    const logits = forward(network, graph, images).at(-1)!;
    const probabilities = tensor("probabilities", [size, classes.length], { kept: true });
    operations.push(softmax({ x: logits, y: probabilities, columns: classes.length }));
    const plan = { pixels, logits, probabilities, program: engine.compile(operations) };
    plans.set(key, plan);
    return plan;
  };

  let predicted = 0;
  const outputs: Predictor["outputs"] = (pixels) => {
    const count = pixels.length / imageSize;
    const logits = new Float32Array(count * classes.length);
    const probabilities = new Float32Array(count * classes.length);
    for (let start = 0; start < count; ) {
      const size = count - start === 1 ? 1 : BATCH;
      // One picture and no more, as on the command line, is done before the weights would be arranged.
      const plan = planFor(size, !isForOnce && (size > 1 || predicted > 0));
      predicted += size;
      const taken = Math.min(size, count - start);
      engine.bytesOf(plan.pixels).set(pixels.subarray(start * imageSize, (start + taken) * imageSize));
      plan.program.run(taken);
      // The softmax that reads the logits comes last, so nothing has taken their place.
      const rows = (one: Tensor) => engine.floats(one).subarray(0, taken * classes.length);
      logits.set(rows(plan.logits), start * classes.length);
      probabilities.set(rows(plan.probabilities), start * classes.length);
      start += taken;
    }
    // The kernel's own are kept where there is nothing to divide by: they have the same bits as ever.
    if (temperature === 1) return { logits, probabilities };
    return { logits, probabilities: softmaxRows(logits, classes.length, temperature) };
  };
  return {
    network,
    parametersChanged() {
      for (const program of preparations) program.run(0);
    },
    predict: (pixels) => outputs(pixels).probabilities,
    outputs,
  };
}
