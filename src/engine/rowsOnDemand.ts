import { MnistError } from "../core/errors.ts";
import type { Engine, Program } from "./engine.ts";
import { Opcode } from "./kernels/opcodes.ts";
import type { Operation } from "./operations/operation.ts";
import { type Tensor, tensor } from "./tensor.ts";

/** Fills `into` with rows of a matrix of weights, from row `first` on. */
export type ReadRows = (into: Uint8Array, first: number) => void;

/** An engine whose dense layers may have weights that lie elsewhere. */
export interface OnDemandEngine extends Engine {
  /** Weights [units, inputs] of a dense layer that have no place in memory: `read` brings rows when they are wanted. */
  onDemand(name: string, shape: readonly [number, number], read: ReadRows): Tensor;
}

/**
 * Room for the rows that are at hand, in cells: 512 kB, which stay in the cache and cost little to be touched for the
 * first time.
 */
const WINDOW_CELLS = 1 << 17;

/** Whether `onDemand` takes weights of `shape`, and they are larger than the room that it needs for them. */
export function isWorthReadingOnDemand(shape: readonly number[]): shape is readonly [number, number] {
  const [units = 0, inputs = 0] = shape;
  return shape.length === 2 && inputs <= WINDOW_CELLS && units * inputs > 2 * WINDOW_CELLS;
}

/**
 * An engine over `engine` for one image at a time, which computes a dense layer some units after another, so that
 * weights that are used once need no memory of their own. The bits are the same: a unit's sum knows nothing of the others.
 */
export function readingOnDemand(engine: Engine): OnDemandEngine {
  const sources = new Map<Tensor, ReadRows>();
  let window: Tensor | undefined;

  /** Steps that compute a dense layer: rows are read, then their units computed. */
  function* stepsOf(operation: Operation, weights: Tensor): Generator<() => void> {
    const [units = 0, inputs = 1] = weights.shape;
    const read = sources.get(weights)!;
    const most = Math.floor(WINDOW_CELLS / inputs);
    for (let first = 0; first < units; first += most) {
      const count = Math.min(most, units - first);
      const program = engine.compile([denseUnits(operation, first, count)]);
      yield () => {
        const { buffer, byteOffset } = engine.floats(weights); // where the window is
        read(new Uint8Array(buffer, byteOffset, count * inputs * 4), first);
        program.run(1);
      };
    }
  }

  return {
    ...engine,
    get bytes() {
      return engine.bytes;
    },
    onDemand(name, shape, read) {
      window ??= engine.allocate("window", [WINDOW_CELLS]);
      const weights = { ...tensor(name, shape, { kept: true }), offset: window.offset };
      sources.set(weights, read);
      return weights;
    },
    compile(operations) {
      const weightsOf = ({ reads }: Operation) => reads.find((one) => sources.has(one));
      const whole = engine.compile(operations); // gives every tensor its place
      if (!operations.some(weightsOf)) return whole;
      const steps: (() => void)[] = [];
      let together: Operation[] = [];
      const endProgram = () => {
        const program: Program = engine.compile(together);
        steps.push(() => program.run(1));
        together = [];
      };
      for (const operation of operations) {
        const weights = weightsOf(operation);
        if (weights === undefined) {
          together.push(operation);
          continue;
        }
        endProgram();
        steps.push(...stepsOf(operation, weights));
      }
      endProgram();
      return {
        run(images) {
          if (images !== 1) {
            throw new MnistError("BAD_ARGUMENT", `expected one image at a time, found ${images}`);
          }
          for (const step of steps) step();
        },
        bytes: whole.bytes,
      };
    },
  };
}

/** The operation of `count` units of a dense layer for one image, the weights' rows lying where all of them would begin. */
function denseUnits({ opcode, args, reads, writes }: Operation, first: number, count: number): Operation {
  const at = unitsArguments[opcode];
  if (at === undefined) throw new MnistError("BAD_MODEL", "only dense layers read weights on demand");
  const part = args.map((one, i) => {
    if (i === at.bias || i === at.y) return partOf(one, first);
    return i === at.units ? count : one;
  });
  return { opcode, args: part, reads, writes };
}

/** Which arguments of the operations that can compute some of their units have to do with them. */
const unitsArguments: Partial<
  Record<Opcode, { readonly bias: number; readonly y: number; readonly units: number }>
> = {
  [Opcode.Dense]: { bias: 2, y: 3, units: 5 },
  [Opcode.SparseDense]: { bias: 3, y: 4, units: 7 },
};

/** A tensor's elements from `first` on. */
function partOf<T>(whole: T | Tensor, first: number): T | Tensor {
  const isTensor = typeof whole === "object" && whole !== null && "offset" in whole;
  return isTensor ? { ...whole, offset: whole.offset + first } : whole;
}
