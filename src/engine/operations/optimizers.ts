import { Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { type Operation, operation } from "./operation.ts";

export type UpdateName = "sgd" | "momentum" | "rmsprop" | "adam" | "adamw";

const updateCode: Readonly<Record<UpdateName, Opcode>> = {
  sgd: Opcode.Sgd,
  momentum: Opcode.Momentum,
  rmsprop: Opcode.RmsProp,
  adam: Opcode.Adam,
  adamw: Opcode.AdamW,
};

/** One optimizer's update of one parameter and its slots in place; `decay` says whether weight decay applies to it. */
export function update(
  name: UpdateName,
  o: {
    readonly parameter: Tensor;
    readonly gradient: Tensor;
    readonly slots: readonly Tensor[];
    readonly hyper: Tensor;
    readonly decay: boolean;
  },
): Operation {
  const args = [o.parameter, o.gradient, ...o.slots, o.hyper, o.parameter.size, o.decay ? 1 : 0];
  return operation(
    updateCode[name],
    [o.parameter, o.gradient, ...o.slots, o.hyper],
    [o.parameter, ...o.slots],
    args,
  );
}

/** `average += rate * (parameter - average)`; `rate` is one number. */
export function average(o: {
  readonly parameter: Tensor;
  readonly average: Tensor;
  readonly rate: Tensor;
}): Operation {
  const args = [o.parameter, o.average, o.rate, o.parameter.size];
  return operation(Opcode.Average, [o.parameter, o.average, o.rate], [o.average], args);
}

/** The sums of squares of runs of `SUM_RUN` elements of `x`; the host adds them up in float64. */
export function sumSquares(o: { readonly x: Tensor; readonly sums: Tensor }): Operation {
  return operation(Opcode.SumSquares, [o.x], [o.sums], [o.x, o.sums, o.x.size]);
}
