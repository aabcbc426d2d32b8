import { Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { type Operation, operation } from "./operation.ts";
import { type Window, windowArgs } from "./window.ts";

export type PoolKind = "max" | "average";

export function pool2d(
  kind: PoolKind,
  o: { readonly x: Tensor; readonly y: Tensor; readonly window: Window },
): Operation {
  const opcode = kind === "max" ? Opcode.MaxPool2d : Opcode.AvgPool2d;
  return operation(opcode, [o.x], [o.y], [o.x, o.y, ...windowArgs(o.window)]);
}

/** The gradient of {@link pool2d}; of equal maxima the first, row by row, gets it. */
export function pool2dGradient(
  kind: PoolKind,
  o: {
    readonly x: Tensor;
    readonly y: Tensor;
    readonly dy: Tensor;
    readonly dx: Tensor;
    readonly window: Window;
  },
): Operation {
  return kind === "max"
    ? operation(
        Opcode.MaxPool2dGradient,
        [o.x, o.y, o.dy],
        [o.dx],
        [o.x, o.y, o.dy, o.dx, ...windowArgs(o.window)],
      )
    : operation(Opcode.AvgPool2dGradient, [o.dy], [o.dx], [o.dy, o.dx, ...windowArgs(o.window)]);
}
