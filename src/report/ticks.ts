/** A place on an axis that has a name. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** From values to places between 0 and 1. */
export interface Scale {
  readonly kind: "linear" | "log";
  readonly low: number;
  readonly high: number;
}

/** Where `value` lies on `scale`: 0 at its low end, 1 at its high end, and beyond for what is beyond. */
export function placeOn({ kind, low, high }: Scale, value: number): number {
  if (kind === "linear") return (value - low) / (high - low);
  return Math.log(value / low) / Math.log(high / low);
}

/**
 * The multiples of 1, 2 or 5 times a power of ten between `low` and `high`, about `count` of them, ends included.
 */
export function linearTicks(low: number, high: number, count: number): readonly number[] {
  const step = niceStep((high - low) / count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => multiple(first + i, step));
}

/** The powers of ten between `low` and `high`; with their double and fivefold where there are few of them. */
export function logTicks(low: number, high: number): readonly number[] {
  const decades: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    decades.push(power);
  const within = (value: number) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
  const all = (factors: readonly number[]) =>
    decades.flatMap((power) => factors.map((factor) => multiple(factor, 10 ** power))).filter(within);
  const powers = all([1]);
  return powers.length > 3 ? powers : all([1, 2, 5]);
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9)) ?? 10;
  return multiple(factor, power);
}

/** `factor * unit` without the last bits' noise: 3 * 0.1 is 0.3. */
function multiple(factor: number, unit: number): number {
  return Number((factor * unit).toPrecision(12));
}

/** Numbers of an axis as people write them: `0.05`, `2,500`, `1e-5`. */
export function numberLabel(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential().replace(".0e", "e");
  return value.toLocaleString("en-US", { maximumFractionDigits: 6 });
}

/** Shares in percent, with no more decimals than there are: `99.5 %`. */
export function percentLabel(share: number): string {
  return `${Number((share * 100).toFixed(6))} %`;
}
