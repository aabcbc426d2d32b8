import type { Backend } from "./backend.ts";
import type { Cells } from "./reference/kernel.ts";
import { runReference } from "./reference/program.ts";

/** The backend that runs the reference kernels, in float32 as the others do or in float64 as an oracle. */
export function createReferenceBackend(precision: "float32" | "float64" = "float32"): Backend {
  const allocate = (length: number): Cells => {
    const floats = precision === "float64" ? new Float64Array(length) : new Float32Array(length);
    // In float32 both views share the cells, as in WebAssembly's memory; in float64 they cannot.
    const ints = precision === "float64" ? new Int32Array(length) : new Int32Array(floats.buffer);
    return { floats, ints };
  };
  let cells = allocate(1 << 16);
  return {
    variant: "reference",
    threads: 1,
    base: 16, // offset 0 means "none"
    cells: () => cells,
    grow(length) {
      if (length <= cells.floats.length) return;
      const larger = allocate(Math.max(length, cells.floats.length * 2));
      larger.ints.set(cells.ints);
      larger.floats.set(cells.floats);
      cells = larger;
    },
    run: (program) => runReference(cells, program),
    close: () => {
      cells = allocate(0);
    },
  };
}
