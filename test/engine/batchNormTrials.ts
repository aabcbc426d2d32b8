import {
  batchNorm,
  batchNormCells,
  batchNormGradient,
  batchNormInference,
  foldBatchNorm,
} from "../../src/engine/operations/batchNorm.ts";
import type { Tensor } from "../../src/engine/tensor.ts";
import type { Cell, Source, Trial } from "./support.ts";
import { activations, filled } from "./trials.ts";

type Get = (name: string) => Tensor;

/** The tensors of a normalisation, of which gamma and beta may be left out. */
function parameters(s: Source, channels: number) {
  const [scale, center] = [s.pick(true, true, false), s.pick(true, true, false)];
  const positive: Cell = { shape: [channels], floats: s.normals(channels).map((value) => 0.1 + value ** 2) };
  return {
    tensors: {
      gamma: filled(s, [channels]),
      beta: filled(s, [channels]),
      movingMean: filled(s, [channels]),
      movingVariance: positive,
    },
    of: (t: Get) => ({
      ...(scale && { gamma: t("gamma") }),
      ...(center && { beta: t("beta") }),
      movingMean: t("movingMean"),
      movingVariance: t("movingVariance"),
    }),
  };
}

/** Rows whose mean is `distance` deviations from 0; `images` of them of a batch that has room for one more. */
function rowsOf(s: Source, images: number, perImage: number, channels: number, distance: number): Cell {
  const { shape, floats } = filled(s, [images + 1, perImage, channels]);
  return { shape, floats: Float32Array.from(floats ?? [], (value) => value + distance) };
}

/** Forwards and backwards, of random activation. */
export function batchNormTrial(
  s: Source,
  images: number,
  perImage: number,
  channels: number,
  distance = 0.5,
): Trial {
  const activation = s.pick("linear" as const, "relu" as const);
  const { tensors, of } = parameters(s, channels);
  const shape = [images + 1, perImage, channels];
  const isInPlace = s.pick(true, false);
  return {
    tensors: {
      ...tensors,
      x: rowsOf(s, images, perImage, channels, distance),
      y: { shape },
      dy: filled(s, shape),
      dx: { shape },
      mean: { shape: [channels] },
      inverse: { shape: [channels] },
      dgamma: { shape: [channels] },
      dbeta: { shape: [channels] },
      sums: { shape: [batchNormCells(channels)] },
      randomState: { shape: [2], ints: [7, s.pick(0, 30, 5000)] },
    },
    operation: (t) => {
      const { gamma, beta, ...moving } = of(t);
      const layer = {
        x: t("x"),
        mean: t("mean"),
        inverse: t("inverse"),
        sums: t("sums"),
        ...(gamma && { gamma }),
        ...(beta && { beta }),
        rows: { perImage },
        channels,
        activation,
      };
      return [
        batchNorm({
          ...layer,
          ...moving,
          randomState: t("randomState"),
          y: t("y"),
          momentum: 0.9,
          epsilon: 1e-3,
        }),
        batchNormGradient({
          ...layer,
          dy: t("dy"),
          dx: t(isInPlace ? "dy" : "dx"),
          ...(gamma && { dgamma: t("dgamma") }),
          ...(beta && { dbeta: t("dbeta") }),
        }),
      ];
    },
    results: ["y", "mean", "inverse", "movingMean", "movingVariance", "dgamma", "dbeta", "dy", "dx"],
    images,
  };
}

export function batchNormInferenceTrial(
  s: Source,
  images: number,
  perImage: number,
  channels: number,
): Trial {
  const { tensors, of } = parameters(s, channels);
  const activation = s.pick(...activations);
  return {
    tensors: {
      ...tensors,
      x: rowsOf(s, images, perImage, channels, 0.5),
      y: { shape: [images + 1, perImage, channels] },
    },
    operation: (t) =>
      batchNormInference({
        ...of(t),
        ...{ x: t("x"), y: t("y"), rows: { perImage }, channels, activation, epsilon: 1e-3 },
      }),
    results: ["y"],
    images,
  };
}

export function foldBatchNormTrial(s: Source, rows: number, filters: number): Trial {
  const { tensors, of } = parameters(s, filters);
  const withBias = s.pick(true, false);
  return {
    tensors: {
      ...tensors,
      weights: filled(s, [rows, filters]),
      bias: filled(s, [filters]),
      folded: { shape: [rows, filters] },
      foldedBias: { shape: [filters] },
    },
    operation: (t) => {
      const layer = {
        ...of(t),
        weights: t("weights"),
        ...(withBias && { bias: t("bias") }),
        ...{ rows, filters, epsilon: 1e-3 },
      };
      return [
        foldBatchNorm({ ...layer, folded: t("folded") }),
        foldBatchNorm({ ...layer, foldedBias: t("foldedBias") }),
      ];
    },
    results: ["folded", "foldedBias"],
  };
}
