import type { Operation } from "./operations/operation.ts";
import type { Tensor } from "./tensor.ts";

/** Cells are placed at multiples of 16 (64 bytes, a cache line), so that no two threads' results share a line. */
export const ALIGNMENT = 16;

export function aligned(cells: number): number {
  return Math.ceil(cells / ALIGNMENT) * ALIGNMENT;
}

/** Where each tensor of a program goes, relative to the program's block, and how large the block is; in cells. */
export interface Placement {
  readonly offsets: ReadonlyMap<Tensor, number>;
  readonly size: number;
  /** What the block would be without reuse. */
  readonly sizeWithoutReuse: number;
}

/**
 * Places the tensors that have no place yet, largest first, each at the lowest offset where it overlaps none that
 * lives at the same time ("greedy by size", Pisarchyk and Lee, 2020, arXiv:2001.03288). A tensor lives from the
 * first operation that names it to the last; one that is kept lives always.
 */
export function place(operations: readonly Operation[]): Placement {
  interface Life {
    readonly tensor: Tensor;
    first: number;
    last: number;
  }
  const lives = new Map<Tensor, Life>();
  operations.forEach((operation, index) => {
    for (const tensor of [...operation.reads, ...operation.writes]) {
      if (tensor.offset !== 0) continue;
      const life = lives.get(tensor) ?? { tensor, first: tensor.kept ? 0 : index, last: index };
      life.last = tensor.kept ? operations.length : index;
      lives.set(tensor, life);
    }
  });
  const placed: { readonly life: Life; readonly start: number; readonly end: number }[] = [];
  for (const life of [...lives.values()].sort((a, b) => b.tensor.size - a.tensor.size)) {
    const size = aligned(life.tensor.size);
    let start = 0;
    for (const other of placed) {
      const together = other.life.first <= life.last && life.first <= other.life.last;
      if (together && other.start < start + size && start < other.end) start = other.end;
    }
    placed.push({ life, start, end: start + size });
    placed.sort((a, b) => a.start - b.start);
  }
  return {
    offsets: new Map(placed.map(({ life, start }) => [life.tensor, start])),
    size: placed.reduce((size, { end }) => Math.max(size, end), 0),
    sizeWithoutReuse: placed.reduce((sum, { start, end }) => sum + end - start, 0),
  };
}
