import type { Cells } from "./reference/kernel.ts";

/** What computes: memory that can grow, and something that runs a program in it. */
export interface Backend {
  /** `relaxed` and `simd128` are WebAssembly with and without fused multiply-add; `reference` is TypeScript. */
  readonly variant: "relaxed" | "simd128" | "reference";
  /** How many threads a program runs on. */
  readonly threads: number;
  /** Where allocation may begin, in cells; what lies below is the backend's own. */
  readonly base: number;
  /** The memory as it is now; growing replaces these. */
  cells(): Cells;
  /** Makes the memory at least `cells` long, keeping what it holds. */
  grow(cells: number): void;
  /** Runs the program at cell `program` to its end. */
  run(program: number): void;
  /** Gives threads and memory back. */
  close(): void;
}
