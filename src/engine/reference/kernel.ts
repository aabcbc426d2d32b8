// What every reference kernel has to do with: the memory and its arguments.

export type Floats = Float32Array | Float64Array;

/** The engine's memory: cell i is `floats[i]` or `ints[i]`, whichever was stored there. */
export interface Cells {
  readonly floats: Floats;
  readonly ints: Int32Array;
}

export type Kernel = (cells: Cells, args: readonly number[]) => void;

/** A tuple of `N` numbers: the arguments of one kernel, taken apart by position. */
export type Args<N extends number, T extends number[] = []> = T["length"] extends N
  ? T
  : Args<N, [...T, number]>;

/** The float32 whose bits an argument is. */
export function floatOfBits(bits: number): number {
  return new Float32Array(Int32Array.of(bits).buffer)[0]!;
}
