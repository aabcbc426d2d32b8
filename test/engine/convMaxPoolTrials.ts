import { activationGradient } from "../../src/engine/operations/activation.ts";
import {
  biasGradient,
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  winogradWeights,
} from "../../src/engine/operations/conv2d.ts";
import {
  conv2dMaxPool,
  conv2dMaxPoolGradient,
  partialCells,
} from "../../src/engine/operations/convMaxPool.ts";
import type { Operation } from "../../src/engine/operations/operation.ts";
import { pool2d, pool2dGradient } from "../../src/engine/operations/pool2d.ts";
import type { Window } from "../../src/engine/operations/window.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import { winogradCells, winogradImages } from "../../src/engine/winograd.ts";
import { type Cell, type Source, type Trial, windowOf } from "./support.ts";
import { convolutionSizes, filled } from "./trials.ts";

/** How a convolution that is pooled 2x2 is computed: in one, by its definition or Winograd's way, or one by one. */
export type Way = "direct" | "winograd" | "apart";

export interface ConvMaxPoolChoices {
  readonly activation: "linear" | "relu";
  readonly withBias: boolean;
  /** Whether the gradient with respect to the input is wanted. */
  readonly withInputGradient: boolean;
  /** Whole numbers of few values: sums are exact in float32 and many maxima are equal. */
  readonly levels: boolean;
}

/** What 2x2 pooling slides over: the output of a convolution. */
function poolingOf(window: Window, filters: number): Window {
  const { outputHeight: height, outputWidth: width } = window;
  return windowOf({ height, width, channels: filters, kernel: [2, 2], stride: [2, 2], padding: "valid" });
}

/** A convolution, its pooling and all their gradients; the winners are checked by what the gradient makes of them. */
export function convMaxPoolTrial(
  s: Source,
  way: Way,
  window: Window,
  filters: number,
  images: number,
  given: Partial<ConvMaxPoolChoices> = {},
): Trial {
  const { activation, withBias, withInputGradient, levels } = {
    activation: s.pick("linear" as const, "relu" as const),
    withBias: s.pick(true, false),
    withInputGradient: s.pick(true, true, false),
    levels: false,
    ...given,
  };
  const sizes = convolutionSizes(window, filters, images + 1);
  const pooling = poolingOf(window, filters);
  const pooled = [images + 1, pooling.outputHeight, pooling.outputWidth, filters];
  const block = way === "winograd" ? winogradImages(window, filters) : 0;
  if (way === "winograd" && block < 1) throw new Error("Winograd's way does not take this window");
  const { kernelHeight: kernel, channels } = window;
  const cell = (shape: readonly number[], scale = 1): Cell =>
    levels ? { shape, floats: s.levels(shape.reduce((a, b) => a * b, 1)) } : filled(s, shape, scale);

  const inOne = (t: (name: string) => Tensor): Operation[] => {
    const layer = { x: t("x"), weights: t("weights"), winners: t("winners"), window, filters };
    const transformed = block > 0 ? { transformed: t("transformed") } : undefined;
    return [
      ...(transformed
        ? [winogradWeights({ weights: layer.weights, ...transformed, kernel, channels, filters })]
        : []),
      conv2dMaxPool({
        ...layer,
        ...(transformed && { ...transformed, block }),
        ...(withBias && { bias: t("bias") }),
        y: t("y"),
        activation,
      }),
      conv2dMaxPoolGradient({
        ...layer,
        dy: t("dy"),
        dweights: t("dweights"),
        ...(withBias && { dbias: t("dbias") }),
        ...(withInputGradient && { dx: t("dx") }),
        partials: t("partials"),
      }),
    ];
  };

  const apart = (t: (name: string) => Tensor): Operation[] => {
    const [x, weights, whole, dwhole] = [t("x"), t("weights"), t("whole"), t("dwhole")];
    const rows = { perImage: window.outputHeight * window.outputWidth };
    const size = { perImage: rows.perImage * filters };
    return [
      conv2d({ x, weights, ...(withBias && { bias: t("bias") }), y: whole, window, filters, activation }),
      pool2d("max", { x: whole, y: t("y"), window: pooling }),
      pool2dGradient("max", { x: whole, y: t("y"), dy: t("dy"), dx: dwhole, window: pooling }),
      activationGradient({ y: whole, dy: dwhole, dz: dwhole, size, activation }),
      conv2dWeightGradient({ x, dy: dwhole, dweights: t("dweights"), window, filters }),
      ...(withBias ? [biasGradient({ dy: dwhole, dbias: t("dbias"), rows, columns: filters })] : []),
      ...(withInputGradient
        ? [conv2dInputGradient({ dy: dwhole, weights, dx: t("dx"), window, filters })]
        : []),
    ];
  };

  return {
    tensors: {
      x: cell(sizes.x),
      weights: cell(sizes.weights, 1 / Math.sqrt(sizes.fanIn)),
      bias: cell([filters]),
      transformed: { shape: [block > 0 ? winogradCells(channels, filters) : 1] },
      whole: { shape: way === "apart" ? sizes.y : [1] },
      y: { shape: pooled },
      winners: { shape: pooled },
      dy: cell(pooled),
      dwhole: { shape: way === "apart" ? sizes.y : [1] },
      dweights: { shape: sizes.weights },
      dbias: { shape: [filters] },
      dx: { shape: sizes.x },
      partials: { shape: [partialCells(window, filters)] },
    },
    operation: way === "apart" ? apart : inOne,
    results: ["y", "dweights", "dbias", "dx"],
    images,
  };
}
