import { MnistError } from "../core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import { SUM_RUN } from "../engine/kernels/opcodes.ts";
import { sumSquares } from "../engine/operations/optimizers.ts";
import { histogramValue, imageValue, scalarValue } from "../formats/events.ts";
import { encodeRgbPng } from "../formats/png.ts";
import type { SummaryValue } from "../formats/summary.ts";
import { fullName } from "../nn/network.ts";
import type { TrainingStep } from "../nn/trainingStep.ts";
import { filtersPicture } from "./filtersPicture.ts";

/** The norm of each gradient, by the seed project's tag: `LeNet/conv1/weights:gradient_norm`. */
export function gradientNormScalars(trainingStep: TrainingStep): SummaryValue[] {
  return [...trainingStep.gradientNorms()].map(([name, norm]) => scalarValue(`${name}:gradient_norm`, norm));
}

/** The distribution of each parameter, by its name, and of its gradient: `LeNet/conv1/weights:gradient`. */
export function weightHistograms(engine: Engine, { parameters, gradients }: TrainingStep): SummaryValue[] {
  return [
    ...[...parameters].map(([name, one]) => histogramValue(name, engine.floats(one))),
    ...[...gradients].map(([name, one]) => histogramValue(`${name}:gradient`, engine.floats(one))),
  ];
}

/** The filters of the first convolution as a picture; none where the network has no convolution. */
export function filterImages(engine: Engine, { network, parameters }: TrainingStep): SummaryValue[] {
  const first = network.layers.flatMap((layer) => layer.parameters).find(({ shape }) => shape.length === 4);
  if (!first) return [];
  const name = fullName(network, first);
  const weights = parameters.get(name);
  if (!weights) throw new MnistError("BAD_MODEL", `the training has no weights ${name}`);
  const { width, height, pixels } = filtersPicture(engine.floats(weights), weights.shape);
  const description = "Red weights are above 0, blue ones below.";
  return [
    imageValue(
      `${name}/filters`,
      { width, height, png: encodeRgbPng(height, width, pixels) },
      { description },
    ),
  ];
}

/**
 * Compiles what weight decay adds to the loss: half its rate times the sum of the squares of all weights that decay.
 */
export function createDecayPenalty(
  engine: Engine,
  { network, parameters }: TrainingStep,
  weightDecay: number,
): () => number {
  const decaying = network.parameters.filter(({ decay }) => decay);
  const sums = decaying.map((parameter) => {
    const x = parameters.get(fullName(network, parameter))!;
    return { x, sums: engine.allocate(`${x.name}:decay`, [Math.ceil(x.size / SUM_RUN)]) };
  });
  const program = engine.compile(sums.map((one) => sumSquares(one)));
  return () => {
    program.run(0);
    let total = 0;
    for (const { sums: partial } of sums) for (const sum of engine.floats(partial)) total += sum;
    return (weightDecay / 2) * total;
  };
}
