import type { Shape } from "../../core/shape.ts";
import type { Extent, Operation } from "../../engine/operations/operation.ts";
import type { Tensor } from "../../engine/tensor.ts";
import type { Initializer } from "../initializers.ts";

/** A tensor of a layer that outlives a step: what is saved, and restored. */
export interface Parameter {
  /** `conv1/weights`, without the model's name. */
  readonly name: string;
  readonly shape: Shape;
  readonly initializer: Initializer;
  readonly fanIn: number;
  readonly fanOut: number;
  /** Whether it follows a gradient; what does not, the layer itself moves in training. */
  readonly trainable: boolean;
  /** Weights decay, biases do not. */
  readonly decay: boolean;
}

/** What training needs of a graph beyond prediction. */
export interface TrainingGraph {
  /** Where the gradient of a parameter goes. */
  gradient(parameter: Parameter): Tensor;
  /** Seed and step: what random layers draw from. */
  readonly randomState: Tensor;
  /** A scalar tensor that holds `value`. */
  constant(name: string, value: number): Tensor;
}

/** What layers write their operations into. */
export interface Graph {
  /** The most images of a run. */
  readonly batchSize: number;
  add(operation: Operation): void;
  /** A tensor for `shape` of every image of the batch. */
  activation(name: string, shape: Shape): Tensor;
  parameter(parameter: Parameter): Tensor;
  /** Room of `size` cells for one operation. */
  room(name: string, size: number): Tensor;
  /**
   * A tensor of `size` cells that `prepare` makes from parameters alone: in training anew in each step, in prediction
   * once.
   */
  prepared(name: string, size: number, prepare: (to: Tensor) => Operation): Tensor;
  /** Whether it will run often enough that arranging all weights for it pays. */
  readonly isRepeated: boolean;
  /** Absent where the graph only predicts. */
  readonly training?: TrainingGraph;
}

/** A layer whose shapes are known. Shapes leave the batch out: [height, width, channels] or [units]. */
export interface Layer {
  readonly type: string;
  readonly name: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameters: readonly Parameter[];
  /** Multiplications for one image, forwards. */
  readonly multiplyAdds: number;
  /** Adds the operations that make y from x, and gives y; it may be x where nothing changes. */
  forward(graph: Graph, x: Tensor): Tensor;
  /**
   * Adds the operations that make the parameters' gradients and dx from dy, and gives dx; none where
   * `inputGradient` is false. dy may be overwritten.
   */
  backward(graph: Graph, step: BackwardStep): Tensor | undefined;
}

export interface BackwardStep {
  readonly training: TrainingGraph;
  readonly x: Tensor;
  readonly y: Tensor;
  readonly dy: Tensor;
  /** Whether anything before this layer wants dx. */
  readonly inputGradient: boolean;
}

/** So many elements for each image of the batch. */
export function perImage(count: number): Extent {
  return { perImage: count };
}
