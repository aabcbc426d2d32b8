import {
  dense,
  denseGradient,
  denseListCells,
  densePanelCells,
  densePanels,
  sparseDense,
  sparseListCells,
} from "../../src/engine/operations/dense.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import type { Source, Trial } from "./support.ts";
import { activations, filled } from "./trials.ts";

/** What of a dense layer a trial leaves to chance unless it is told. */
export interface DenseChoices {
  readonly activation: (typeof activations)[number];
  readonly withBias: boolean;
  /** Dropout at this rate; undefined: no dropout at all. */
  readonly rate: number | undefined;
  /** Whether the gradient with respect to the input is wanted. */
  readonly withInputGradient: boolean;
}

function chosen(s: Source, given: Partial<DenseChoices>): DenseChoices {
  return {
    activation: s.pick(...activations),
    withBias: s.pick(true, false),
    rate: [undefined, 0, 0.3, 0.5][s.between(0, 3)],
    withInputGradient: s.pick(true, false),
    ...given,
  };
}

/** A dense layer of `images` rows, in a batch with room for one more, and its gradients where they are asked for. */
function denseLayerTrial(
  s: Source,
  sizes: { readonly images: number; readonly units: number; readonly inputs: number },
  given: Partial<DenseChoices>,
  results: readonly string[],
): Trial {
  const { images, units, inputs } = sizes;
  const { activation, withBias, rate, withInputGradient } = chosen(s, given);
  const salt = s.between(0, 99);
  const rows = images + 1;
  return {
    tensors: {
      x: filled(s, [rows, inputs]),
      weights: filled(s, [units, inputs], 1 / Math.sqrt(inputs)),
      bias: filled(s, [units]),
      rate: { shape: [1], floats: [rate ?? 0] },
      randomState: { shape: [2], ints: [s.random.uint32() | 0, s.random.uint32() | 0] },
      y: { shape: [rows, units] },
      room: { shape: [Math.ceil(rows / 8) * 8, inputs] },
      dy: filled(s, [rows, units]),
      dweights: { shape: [units, inputs] },
      dbias: { shape: [units] },
      dx: { shape: [rows, inputs] },
      dz: { shape: [rows, units] },
      lists: { shape: [rows, denseListCells(units)] },
    },
    operation: (t: (name: string) => Tensor) => {
      const layer = {
        x: t("x"),
        weights: t("weights"),
        y: t("y"),
        units,
        inputs,
        activation,
        ...(rate !== undefined && {
          dropout: { rate: t("rate"), randomState: t("randomState"), salt },
        }),
      };
      const forward = dense({ ...layer, room: t("room"), ...(withBias && { bias: t("bias") }) });
      const backward = denseGradient({
        ...layer,
        dy: t("dy"),
        dweights: t("dweights"),
        ...(withBias && { dbias: t("dbias") }),
        ...(withInputGradient && { dx: t("dx") }),
        dz: t("dz"),
        lists: t("lists"),
      });
      return results.includes("dweights") ? [forward, backward] : forward;
    },
    results,
    images,
  };
}

/** A dense layer over an x of which about `share` is not zero, with the weights arranged for it or as they are. */
export function sparseDenseTrial(
  s: Source,
  images: number,
  units: number,
  inputs: number,
  { share, withPanels }: { readonly share: number; readonly withPanels: boolean },
): Trial {
  const rows = images + 1;
  const x = s.normals(rows * inputs).map((value) => (s.random.uniform() < share ? value : 0));
  const activation = s.pick(...activations);
  const withBias = s.pick(true, false);
  return {
    tensors: {
      x: { shape: [rows, inputs], floats: x },
      weights: filled(s, [units, inputs], 1 / Math.sqrt(inputs)),
      bias: filled(s, [units]),
      panels: { shape: [densePanelCells(units, inputs)] },
      lists: { shape: [rows, sparseListCells(inputs)] },
      y: { shape: [rows, units] },
    },
    operation: (t) => {
      const layer = { weights: t("weights"), units, inputs };
      const panels = t("panels");
      const rest = { ...layer, x: t("x"), y: t("y"), lists: t("lists"), activation };
      const biased = { ...rest, ...(withBias && { bias: t("bias") }) };
      return withPanels
        ? [densePanels({ ...layer, panels }), sparseDense({ ...biased, panels })]
        : sparseDense(biased);
    },
    results: ["y"],
    images,
  };
}

export function denseTrial(
  s: Source,
  images: number,
  units: number,
  inputs: number,
  given: Partial<DenseChoices> = {},
): Trial {
  return denseLayerTrial(s, { images, units, inputs }, given, ["y"]);
}

/** Forwards first, so that y is what the gradient expects. */
export function denseGradientTrial(
  s: Source,
  images: number,
  units: number,
  inputs: number,
  given: Partial<DenseChoices> = {},
): Trial {
  return denseLayerTrial(s, { images, units, inputs }, given, ["dweights", "dbias", "dx"]);
}
