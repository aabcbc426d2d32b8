/** How the learning rate moves over a training, as a factor of its base; epochs and shares are of the whole run. */
export type Schedule =
  | { readonly name: "constant" }
  /** Multiplied by `rate` every `epochs`, smoothly or in stairs, never below `end` (tf.train.exponential_decay). */
  | {
      readonly name: "exponential";
      readonly rate: number;
      readonly epochs: number;
      readonly staircase: boolean;
      /** The least factor. */
      readonly end: number;
    }
  /** Multiplied by `rate` every `epochs` whole epochs. */
  | { readonly name: "step"; readonly rate: number; readonly epochs: number }
  /** From 1 to `end` along half a cosine (Loshchilov and Hutter, 2017). */
  | { readonly name: "cosine"; readonly end: number }
  /**
   * Up from `start` to 1 over the share `peak` of the run, then down to `end`, both along half a cosine
   * (Smith and Topin, 2018).
   */
  | { readonly name: "oneCycle"; readonly start: number; readonly peak: number; readonly end: number };

/** Every schedule with its defaults; the first two are the ones of TF-slim where it has them. */
export const scheduleDefaults = {
  constant: { name: "constant" },
  exponential: { name: "exponential", rate: 0.94, epochs: 2, staircase: true, end: 0.01 },
  step: { name: "step", rate: 0.1, epochs: 10 },
  cosine: { name: "cosine", end: 0 },
  oneCycle: { name: "oneCycle", start: 0.04, peak: 0.25, end: 0.0001 },
} as const satisfies { readonly [Name in Schedule["name"]]: Schedule & { readonly name: Name } };

function halfCosine(from: number, to: number, share: number): number {
  return to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2;
}

/** The factor of a rate that comes up from 0 in a straight line over the first `steps` steps; `step` is from 0. */
export function warmUpFactor(step: number, steps: number): number {
  return step < steps ? (step + 1) / (steps + 1) : 1;
}

/** The factor of the learning rate for step `step` (from 0) of `steps`, where an epoch has `stepsPerEpoch`. */
export function scheduleFactor(
  schedule: Schedule,
  step: number,
  steps: number,
  stepsPerEpoch: number,
): number {
  const epoch = step / stepsPerEpoch;
  const share = steps > 1 ? Math.min(1, step / (steps - 1)) : 1;
  switch (schedule.name) {
    case "constant":
      return 1;
    case "exponential": {
      const times = epoch / schedule.epochs;
      return Math.max(schedule.end, schedule.rate ** (schedule.staircase ? Math.floor(times) : times));
    }
    case "step":
      return schedule.rate ** Math.floor(epoch / schedule.epochs);
    case "cosine":
      return halfCosine(1, schedule.end, share);
    case "oneCycle":
      return share < schedule.peak
        ? halfCosine(schedule.start, 1, share / schedule.peak)
        : halfCosine(1, schedule.end, (share - schedule.peak) / (1 - schedule.peak));
  }
}
