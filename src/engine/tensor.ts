import { type Shape, sizeOf } from "../core/shape.ts";

/**
 * A block of the engine's memory with a shape. The first axis of an activation is the images of a batch, at most
 * as many as its plan was made for. Cells are 4 bytes: float32, or int32 for labels and random state.
 */
export interface Tensor {
  /** For messages and for tools. */
  readonly name: string;
  readonly shape: Shape;
  /** Elements, the product of the shape. */
  readonly size: number;
  /** Kept for the whole program, since the host reads or writes it; the rest share memory by lifetime. */
  readonly kept: boolean;
  /** Where it lies, in cells; 0 until it is placed. */
  offset: number;
}

/** A tensor without a place yet: {@link Engine.compile} gives it one. */
export function tensor(name: string, shape: Shape, options: { readonly kept?: boolean } = {}): Tensor {
  return { name, shape, size: sizeOf(shape), kept: options.kept ?? false, offset: 0 };
}
