import {
  conv2d,
  conv2dInputGradient,
  conv2dWeightGradient,
  winogradWeights,
} from "../../src/engine/operations/conv2d.ts";
import type { Window } from "../../src/engine/operations/window.ts";
import { turned, winogradCells, winogradGradientCells, winogradImages } from "../../src/engine/winograd.ts";
import { type Source, type Trial, windowOf } from "./support.ts";
import { activations, convolutionSizes, filled } from "./trials.ts";

/** A window that Winograd's way takes, both ways. */
export function winogradWindow(s: Source): Window {
  const kernel = s.pick(3, 3, 5);
  return windowOf({
    height: s.between(9, 20),
    width: s.between(9, 20),
    channels: s.between(8, 26),
    kernel: [kernel, kernel],
    stride: [1, 1],
    padding: s.pick("same", "valid"),
  });
}

/** A convolution and both its gradients, Winograd's way. */
export function winogradTrial(s: Source, window: Window, filters: number, images: number): Trial {
  const sizes = convolutionSizes(window, filters, images + 1);
  const { kernelHeight: kernel, channels } = window;
  const block = winogradImages(window, filters);
  const turnedBlock = winogradImages(turned(window, filters), channels);
  const cells = winogradGradientCells(window, filters, images + 1);
  if (!block || !turnedBlock || !cells) throw new Error("Winograd's way does not take this window");
  const activation = s.pick(...activations);
  const withBias = s.pick(true, false);
  return {
    tensors: {
      x: filled(s, sizes.x),
      weights: filled(s, sizes.weights, 1 / Math.sqrt(sizes.fanIn)),
      bias: filled(s, [filters]),
      y: { shape: sizes.y },
      dy: filled(s, sizes.y),
      dx: { shape: sizes.x },
      dweights: { shape: sizes.weights },
      transformed: { shape: [winogradCells(channels, filters)] },
      flipped: { shape: [winogradCells(filters, channels)] },
      room: { shape: [cells] },
    },
    operation: (t) => {
      const layer = { weights: t("weights"), window, filters };
      const sizesOf = { weights: t("weights"), kernel, channels, filters };
      return [
        winogradWeights({ ...sizesOf, transformed: t("transformed") }),
        winogradWeights({ ...sizesOf, transformed: t("flipped"), flipped: true }),
        conv2d({
          ...layer,
          ...{ x: t("x"), y: t("y"), activation },
          ...(withBias && { bias: t("bias") }),
          winograd: { transformed: t("transformed"), block },
        }),
        conv2dInputGradient({
          ...layer,
          ...{ dy: t("dy"), dx: t("dx") },
          winograd: { transformed: t("flipped"), block: turnedBlock },
        }),
        conv2dWeightGradient({
          ...{ x: t("x"), dy: t("dy"), dweights: t("dweights"), room: t("room") },
          ...{ window, filters },
        }),
      ];
    },
    results: ["y", "dx", "dweights"],
    images,
  };
}
