import { DENSE_UNIT_BLOCK, Opcode, SPARSE_BLOCK, SPARSE_PANEL } from "../kernels/opcodes.ts";
import type { Tensor } from "../tensor.ts";
import { type ActivationName, activationCode } from "./activation.ts";
import type { DropoutPart } from "./dropout.ts";
import { images, type Operation, operation } from "./operation.ts";

/** `y = dropout(f(x weights^T + bias))` for every image; x is [n, inputs], weights [units, inputs], y [n, units]. */
export function dense(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly bias?: Tensor;
  readonly y: Tensor;
  readonly units: number;
  readonly inputs: number;
  readonly activation: ActivationName;
  readonly dropout?: DropoutPart;
  /** As large as x, with its rows rounded up to eights. */
  readonly room: Tensor;
}): Operation {
  const { x, weights, bias, y } = o;
  const { rate, randomState, salt = 0 } = o.dropout ?? {};
  const sizes = [images, o.units, o.inputs, activationCode[o.activation]];
  const args = [x, weights, bias, y, ...sizes, rate, randomState, salt, o.room];
  return operation(Opcode.Dense, [x, weights, bias, rate, randomState], [y, o.room], args);
}

/** Cells that {@link densePanels} fills. */
export function densePanelCells(units: number, inputs: number): number {
  return Math.ceil(units / SPARSE_PANEL) * inputs * SPARSE_PANEL;
}

/** Arranges the weights for {@link sparseDense}; to be run again whenever they change. */
export function densePanels(o: {
  readonly weights: Tensor;
  readonly panels: Tensor;
  readonly units: number;
  readonly inputs: number;
}): Operation {
  return operation(Opcode.DensePanels, [o.weights], [o.panels], [o.weights, o.panels, o.units, o.inputs]);
}

/** Cells of room for an image that {@link sparseDense} needs for its lists. */
export function sparseListCells(inputs: number): number {
  return 2 * inputs + Math.ceil(inputs / SPARSE_BLOCK) + 1;
}

/** {@link dense} without dropout, for an x of which much is zero; the bits are the same with `panels` and without. */
export function sparseDense(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly panels?: Tensor;
  readonly bias?: Tensor;
  readonly y: Tensor;
  readonly lists: Tensor;
  readonly units: number;
  readonly inputs: number;
  readonly activation: ActivationName;
}): Operation {
  const { x, weights, panels, bias, y, lists } = o;
  const sizes = [images, o.units, o.inputs, activationCode[o.activation]];
  const args = [x, weights, panels, bias, y, lists, ...sizes];
  return operation(Opcode.SparseDense, [x, weights, panels, bias], [y, lists], args);
}

/** Cells of room for an image that {@link denseGradient} needs for its lists. */
export function denseListCells(units: number): number {
  return 2 * units + Math.ceil(units / DENSE_UNIT_BLOCK) + 1;
}

/** All gradients of {@link dense}, from `dy` of y's shape. */
export function denseGradient(o: {
  readonly x: Tensor;
  readonly weights: Tensor;
  readonly y: Tensor;
  readonly dy: Tensor;
  readonly dweights: Tensor;
  readonly dbias?: Tensor;
  readonly dx?: Tensor;
  readonly dz: Tensor;
  readonly lists: Tensor;
  readonly units: number;
  readonly inputs: number;
  readonly activation: ActivationName;
  readonly dropout?: DropoutPart;
}): Operation {
  const { x, weights, y, dy, dweights, dbias, dx, dz, lists } = o;
  const sizes = [images, o.units, o.inputs, activationCode[o.activation]];
  return operation(
    Opcode.DenseGradient,
    [x, weights, y, dy, o.dropout?.rate],
    [dweights, dbias, dx, dz, lists],
    [x, weights, y, dy, dweights, dbias, dx, dz, lists, ...sizes, o.dropout?.rate],
  );
}
