import { createRandom } from "../core/random.ts";
import type { Shape } from "../core/shape.ts";
import type { Engine } from "../engine/engine.ts";
import { Hyper, SUM_RUN } from "../engine/kernels/opcodes.ts";
import { type LossName, loss } from "../engine/operations/losses.ts";
import type { Operation } from "../engine/operations/operation.ts";
import { average, sumSquares, update } from "../engine/operations/optimizers.ts";
import { type Tensor, tensor } from "../engine/tensor.ts";
import { argMax } from "./argMax.ts";
import type { Augmentation } from "./augmentation.ts";
import { createImageLoader, type LoadImages } from "./imageLoader.ts";
import { initialize } from "./initializers.ts";
import type { Parameter, TrainingGraph } from "./layers/layer.ts";
import { backward, forward, fullName, type Network } from "./network.ts";
import { type Optimizer, optimizerSlots, writeHyper } from "./optimizers.ts";

export interface TrainingStepOptions {
  /** The most images of one step. */
  readonly batchSize: number;
  readonly optimizer: Optimizer;
  readonly loss: LossName;
  /** Seed of the weights' first values, of dropout and of distortions. */
  readonly seed: number;
  /** How images are distorted; not at all unless given. */
  readonly augment?: Augmentation;
  /** The share of the target that all classes have in common (Szegedy et al., 2016); 0 unless given. */
  readonly labelSmoothing?: number;
  /**
   * What an exponential moving average of the weights keeps of itself in a step; 0, the default, for none. It is taken
   * every {@link AVERAGE_EVERY} steps, by as much as so many steps would.
   */
  readonly averageDecay?: number;
}

/** Steps from one taking of averages to the next: each time costs as much memory traffic as an optimizer's update. */
export const AVERAGE_EVERY = 8;

/** What one step of one batch is told. */
export interface StepSettings {
  readonly count: number;
  /** The number of the step, from 0. */
  readonly step: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The most that the norm of all gradients together may be; they are scaled down to it (Pascanu et al., 2013). */
  readonly clipNorm?: number | undefined;
}

/** Means over the batch, before the update. */
export interface StepResult {
  readonly loss: number;
  /** The share of the batch whose most probable class was the label. */
  readonly accuracy: number;
}

/** A network with its optimizer, compiled for one batch size. */
export interface TrainingStep {
  readonly network: Network;
  /**
   * Every tensor that a checkpoint needs, weights first, then optimizer slots (`LeNet/conv1/weights/Adam`) and averages
   * (`LeNet/conv1/weights/ExponentialMovingAverage`).
   */
  readonly state: ReadonlyMap<string, Tensor>;
  /** The parameters alone, by full name: those that are trained and those that layers move by themselves. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** What to predict with, by the parameters' full names: their averages where these are kept, else themselves. */
  readonly averages: ReadonlyMap<string, Tensor>;
  /** The gradient of each trained parameter after a step, by the parameter's full name. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Where the pixels of a batch go, scaled: [batchSize, height, width, channels]. */
  readonly images: Tensor;
  /** Where the labels go, as integers: [batchSize]. */
  readonly labels: Tensor;
  /** Fills {@link images}. */
  readonly loadImages: LoadImages;
  /**
   * One forward pass, backward pass and update. Where the loss is no finite number the update is left out, so that the
   * weights are still those that gave it.
   */
  run(settings: StepSettings): StepResult;
  /** The Euclidean norm of each gradient. */
  gradientNorms(): Map<string, number>;
  readonly bytes: { readonly planned: number; readonly withoutReuse: number };
}

/** Allocates a network's parameters, gradients and optimizer slots and compiles its training step. */
export function createTrainingStep(
  engine: Engine,
  network: Network,
  options: TrainingStepOptions,
): TrainingStep {
  const { batchSize, optimizer, seed, averageDecay = 0 } = options;
  const { augment, labelSmoothing = 0 } = options;
  const parameters = new Map<string, Tensor>();
  const gradients = new Map<string, Tensor>();
  const slots = new Map<string, Tensor>();
  const averages = new Map<string, Tensor>();
  const slotsOf = (name: string) =>
    optimizerSlots(optimizer).map((slot) => slots.get(`${name}/${slot.name}`)!);

  network.parameters.forEach((parameter, index) => {
    const name = fullName(network, parameter);
    const weights = engine.allocate(name, parameter.shape);
    // A stream of random numbers for each parameter, so that a layer more does not change the others' beginning.
    const random = createRandom(seed, index);
    initialize(engine.floats(weights), parameter.initializer, parameter.fanIn, parameter.fanOut, random);
    parameters.set(name, weights);
    if (averageDecay > 0) {
      const one = engine.allocate(`${name}/ExponentialMovingAverage`, parameter.shape);
      engine.floats(one).set(engine.floats(weights));
      averages.set(name, one);
    }
    if (!parameter.trainable) return;
    gradients.set(name, engine.allocate(`${name}:gradient`, parameter.shape));
    for (const slot of optimizerSlots(optimizer)) {
      const one = engine.allocate(`${name}/${slot.name}`, parameter.shape);
      engine.floats(one).fill(slot.initial);
      slots.set(one.name, one);
    }
  });

  const classes = network.definition.classes.length;
  const images = engine.allocate("images", [batchSize, ...network.definition.input.shape]);
  const labels = engine.allocate("labels", [batchSize]);
  const hyper = engine.allocate("hyper", [Hyper.Count]);
  const randomState = engine.allocate("random_state", [2]);
  const losses = engine.allocate("losses", [batchSize]);
  const probabilities = engine.allocate("probabilities", [batchSize, classes]);
  const constants = new Map<string, Tensor>();

  const training: TrainingGraph = {
    gradient: (parameter) => gradients.get(fullName(network, parameter))!,
    randomState,
    constant(name, value) {
      const one = constants.get(name) ?? engine.allocate(name, [1]);
      engine.floats(one)[0] = value;
      constants.set(name, one);
      return one;
    },
  };
  const operations: Operation[] = [];
  const graph = {
    batchSize,
    isRepeated: true,
    room: (name: string, size: number) => tensor(name, [size]),
    add: (operation: Operation) => void operations.push(operation),
    activation: (name: string, shape: Shape) => tensor(name, [batchSize, ...shape]),
    parameter: (parameter: Parameter) => parameters.get(fullName(network, parameter))!,
    prepared(name: string, size: number, prepare: (to: Tensor) => Operation) {
      const one = tensor(name, [size]);
      operations.push(prepare(one));
      return one;
    },
    training,
  };
  const outputs = forward(network, graph, images);
  const logits = outputs.at(-1)!;
  const dlogits = tensor("dlogits", [batchSize, classes]);
  const tail = { outputs: logits, labels, probabilities, losses, doutputs: dlogits, columns: classes };
  graph.add(loss(options.loss, { ...tail, smoothing: labelSmoothing }));
  backward(network, graph, images, outputs, dlogits);

  const loadImages = createImageLoader(engine, images, network.definition.input, { seed, augment });

  const trainable = network.parameters.filter((parameter) => parameter.trainable);
  const updates = trainable.map((parameter) => {
    const name = fullName(network, parameter);
    return update(optimizer.name, {
      parameter: parameters.get(name)!,
      gradient: gradients.get(name)!,
      slots: slotsOf(name),
      hyper,
      decay: parameter.decay,
    });
  });
  const sums = [...gradients].map(([name, x]) => ({
    name,
    x,
    sums: engine.allocate(`${name}:squares`, [Math.ceil(x.size / SUM_RUN)]),
  }));
  const gradientsProgram = engine.compile(operations);
  const updatesProgram = engine.compile(updates);
  const normsProgram = engine.compile(sums.map((one) => sumSquares(one)));
  const rate = engine.allocate("average_rate", [1]);
  const averagesProgram = engine.compile(
    [...averages].map(([name, one]) => average({ parameter: parameters.get(name)!, average: one, rate })),
  );

  const gradientNorms = (): Map<string, number> => {
    normsProgram.run(0);
    return new Map(
      sums.map(({ name, sums: partial }) => {
        let total = 0;
        for (const sum of engine.floats(partial)) total += sum;
        return [name, Math.sqrt(total)];
      }),
    );
  };

  /** What gradients are multiplied with so that their norm is at most `most`. */
  const clipScale = (most: number): number => {
    const norm = Math.hypot(...gradientNorms().values());
    return norm > most ? most / norm : 1;
  };

  const result = (count: number): StepResult => {
    const lossOf = engine.floats(losses);
    const probabilityOf = engine.floats(probabilities);
    const labelOf = engine.ints(labels);
    let total = 0;
    let correct = 0;
    for (let i = 0; i < count; i++) {
      total += lossOf[i]!;
      if (argMax(probabilityOf, i * classes, classes) === labelOf[i]) correct++;
    }
    return { loss: total / count, accuracy: correct / count };
  };

  const takeAverages = (step: number): void => {
    if (averageDecay === 0 || (step + 1) % AVERAGE_EVERY !== 0) return;
    // As TensorFlow's ExponentialMovingAverage with num_updates: the first weights are soon forgotten.
    const updates = (step + 1) / AVERAGE_EVERY;
    const decay = Math.min(averageDecay ** AVERAGE_EVERY, (1 + updates) / (10 + updates));
    engine.floats(rate)[0] = 1 - decay;
    averagesProgram.run(0);
  };

  const run = (settings: StepSettings): StepResult => {
    const { count, step, clipNorm } = settings;
    engine.ints(randomState).set([seed, step]);
    gradientsProgram.run(count);
    const results = result(count);
    if (!Number.isFinite(results.loss)) return results;
    const gradientScale = clipNorm === undefined ? 1 : clipScale(clipNorm);
    writeHyper(engine.floats(hyper), optimizer, { ...settings, gradientScale });
    updatesProgram.run(count);
    takeAverages(step);
    return results;
  };

  const averagesByName = [...averages.values()].map((one) => [one.name, one] as const);
  return {
    network,
    state: new Map([...parameters, ...slots, ...averagesByName]),
    parameters,
    averages: averageDecay > 0 ? averages : parameters,
    gradients,
    images,
    labels,
    loadImages,
    run,
    gradientNorms,
    bytes: gradientsProgram.bytes,
  };
}
