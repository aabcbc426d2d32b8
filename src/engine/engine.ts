import { MnistError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Backend } from "./backend.ts";
import { Opcode } from "./kernels/opcodes.ts";
import type { Extent, Operation } from "./operations/operation.ts";
import { aligned, type Placement, place } from "./plan.ts";
import type { Floats } from "./reference/kernel.ts";
import { type Tensor, tensor } from "./tensor.ts";

/** Operations turned to numbers in the engine's memory, their buffers placed: running one allocates nothing. */
export interface Program {
  /** Runs it on the first `images` images of its buffers. */
  run(images: number): void;
  /** Bytes that its buffers take, and would take without reuse. */
  readonly bytes: { readonly planned: number; readonly withoutReuse: number };
}

/** One memory, tensors in it, and programs over them. */
export interface Engine {
  readonly variant: Backend["variant"];
  readonly threads: number;
  /** Bytes allocated so far. */
  readonly bytes: number;
  /** A tensor that lives as long as the engine, zero at first. */
  allocate(name: string, shape: Shape): Tensor;
  /** Places the tensors of `operations` that have no place yet and makes a program of them. */
  compile(operations: readonly Operation[]): Program;
  /** A tensor's elements; a view, valid until the next `allocate` or `compile`. */
  floats(tensor: Tensor): Floats;
  /** The same cells as 32-bit integers. */
  ints(tensor: Tensor): Int32Array;
  /** The same cells as bytes, four a cell. */
  bytesOf(tensor: Tensor): Uint8Array;
  /** Gives threads and memory back; the engine is of no use afterwards. */
  close(): void;
}

const CELL_BYTES = 4;

function extentValue(extent: Extent, images: number): number {
  return typeof extent === "number" ? extent : extent.perImage * images;
}

function isTensor(argument: Tensor | Extent): argument is Tensor {
  return typeof argument === "object" && "offset" in argument;
}

/** An engine over `backend`. */
export function createEngine(backend: Backend): Engine {
  let top = aligned(backend.base);

  const reserve = (cells: number): number => {
    const offset = top;
    top += aligned(cells);
    backend.grow(top);
    return offset;
  };

  const compile = (operations: readonly Operation[]): Program => {
    const placement: Placement = place(operations);
    const block = reserve(placement.size);
    for (const [one, offset] of placement.offsets) one.offset = block + offset;

    const code: number[] = [];
    const perImage: { readonly at: number; readonly extent: Extent }[] = [];
    for (const { opcode, args } of operations) {
      code.push(opcode, args.length);
      for (const argument of args) {
        if (argument === undefined) code.push(0);
        else if (isTensor(argument)) code.push(argument.offset);
        else {
          if (typeof argument === "object") perImage.push({ at: code.length, extent: argument });
          code.push(extentValue(argument, 0));
        }
      }
    }
    code.push(Opcode.End);
    const start = reserve(code.length);
    backend.cells().ints.set(code, start);

    let current = -1;
    return {
      run(images) {
        if (images !== current) {
          const { ints } = backend.cells();
          for (const { at, extent } of perImage) ints[start + at] = extentValue(extent, images);
          current = images;
        }
        backend.run(start);
      },
      bytes: {
        planned: placement.size * CELL_BYTES,
        withoutReuse: placement.sizeWithoutReuse * CELL_BYTES,
      },
    };
  };

  const within = (one: Tensor): Tensor => {
    if (one.offset === 0)
      throw new MnistError("BAD_ARGUMENT", `tensor ${one.name} has no place in memory yet`);
    return one;
  };

  return {
    variant: backend.variant,
    threads: backend.threads,
    get bytes() {
      return top * CELL_BYTES;
    },
    allocate(name, shape) {
      const one = tensor(name, shape, { kept: true });
      one.offset = reserve(one.size);
      return one;
    },
    compile,
    floats: (one) => backend.cells().floats.subarray(within(one).offset, one.offset + one.size),
    ints: (one) => backend.cells().ints.subarray(within(one).offset, one.offset + one.size),
    bytesOf: (one) =>
      new Uint8Array(backend.cells().ints.buffer, within(one).offset * CELL_BYTES, one.size * CELL_BYTES),
    close: () => backend.close(),
  };
}
