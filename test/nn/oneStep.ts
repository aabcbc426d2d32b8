import type { Engine } from "../../src/engine/engine.ts";
import { softmax } from "../../src/engine/operations/losses.ts";
import type { Operation } from "../../src/engine/operations/operation.ts";
import { type Tensor, tensor } from "../../src/engine/tensor.ts";
import { forward, fullName, type Network } from "../../src/nn/network.ts";
import { createTrainingStep } from "../../src/nn/trainingStep.ts";

/** What a network is run on: pixels as the network takes them, scaled. */
export interface Batch {
  readonly pixels: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

export type Values = ReadonlyMap<string, Float64Array>;

/** Every stage's output for `batch` without dropout, by the stage's name, and `probabilities`; memory is not reused. */
export function stageOutputs(
  engine: Engine,
  network: Network,
  parameters: ReadonlyMap<string, Tensor>,
  batch: Batch,
): Values {
  const count = batch.labels.length;
  const { input, classes } = network.definition;
  const operations: Operation[] = [];
  const images = engine.allocate("images", [count, ...input.shape]);
  const outputs = forward(
    network,
    {
      add: (operation) => void operations.push(operation),
      activation: (name, shape) => tensor(name, [count, ...shape], { kept: true }),
      isRepeated: true,
      batchSize: count,
      room: (name, size) => tensor(name, [size]),
      parameter: (parameter) => parameters.get(fullName(network, parameter))!,
      prepared(name, size, prepare) {
        const one = tensor(name, [size]);
        operations.push(prepare(one));
        return one;
      },
    },
    images,
  );
  const probabilities = engine.allocate("probabilities", [count, classes.length]);
  const program = engine.compile([
    ...operations,
    softmax({ x: outputs.at(-1)!, y: probabilities, columns: classes.length }),
  ]);
  engine.floats(images).set(batch.pixels);
  program.run(count);
  const values = (one: Tensor) => Float64Array.from(engine.floats(one));
  return new Map([
    ...network.stages.map(({ name }, i) => [name, values(outputs[i]!)] as const),
    ["probabilities", values(probabilities)],
  ]);
}

/**
 * The loss and every gradient of one step on `batch`, in a step planned for `room` images more.
 *
 * @param weights by full name; the initializers' where left out.
 */
export function gradientsOf(
  engine: Engine,
  network: Network,
  batch: Batch,
  { room = 0, weights }: { readonly room?: number; readonly weights?: Values } = {},
): Values {
  const count = batch.labels.length;
  const step = createTrainingStep(engine, network, {
    batchSize: count + room,
    optimizer: { name: "sgd" },
    loss: "softmaxCrossEntropy",
    seed: 7,
  });
  for (const [name, one] of step.parameters) {
    const values = engine.floats(one);
    // float32 in every engine, so that all start from the same.
    for (let i = 0; i < values.length; i++) values[i] = Math.fround(weights?.get(name)?.[i] ?? values[i]!);
  }
  engine.floats(step.images).set(batch.pixels);
  engine.ints(step.labels).set(batch.labels);
  const { loss } = step.run({ count, step: 3, learningRate: 0, weightDecay: 0 });
  return new Map([
    ["loss", Float64Array.of(loss)],
    ...[...step.gradients].map(
      ([name, one]) => [`${name}:gradient`, Float64Array.from(engine.floats(one))] as const,
    ),
  ]);
}
