import { Opcode } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { type Extent, type Operation, operation } from "./operation.ts";

/** Dropout as a part of another operation; see {@link dropout}. */
export interface DropoutPart {
  readonly rate: Tensor;
  readonly randomState: Tensor;
  readonly salt: number;
}

/**
 * Inverted dropout: each element is 0 with the probability in `rate`, else divided by 1 - rate. The mask is a hash
 * of `randomState` (seed, step), `salt` and the element's index, so the same operation on `dy` gives `dx`.
 */
export function dropout(
  o: DropoutPart & { readonly x: Tensor; readonly y: Tensor; readonly size: Extent },
): Operation {
  const args = [o.x, o.y, o.rate, o.randomState, o.salt, o.size];
  return operation(Opcode.Dropout, [o.x, o.rate, o.randomState], [o.y], args);
}
