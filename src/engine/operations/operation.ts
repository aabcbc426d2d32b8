import type { Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";

/** A number of elements or rows: fixed, or so many for each image of the batch that a run is given. */
export type Extent = number | { readonly perImage: number };

/** One kernel call of a program, with its tensors still by name; {@link Engine.compile} turns it to numbers. */
export interface Operation {
  readonly opcode: Opcode;
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
  /** In the order that {@link Opcode} documents. */
  readonly args: readonly (Tensor | Extent | undefined)[];
}

export const images: Extent = { perImage: 1 };

export function operation(
  opcode: Opcode,
  reads: readonly (Tensor | undefined)[],
  writes: readonly (Tensor | undefined)[],
  args: Operation["args"],
): Operation {
  const given = (tensors: readonly (Tensor | undefined)[]) => tensors.filter((one) => one !== undefined);
  return { opcode, reads: given(reads), writes: given(writes), args };
}

/** A float32's bits as a whole number, which arguments are. */
export function floatBits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}
