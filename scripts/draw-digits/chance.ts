import type { Random } from "../../src/core/random.ts";

/** A number in [low, high), each equally likely. */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** A number in [low, high) whose logarithm is equally likely everywhere: as many small as large. */
export function betweenByRatio(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.uniform();
}

/** Normally distributed, and cut off at both ends. */
export function normalWithin(
  random: Random,
  mean: number,
  deviation: number,
  low: number,
  high: number,
): number {
  return Math.min(high, Math.max(low, mean + deviation * random.normal()));
}

export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

/** Smooth noise of about -1 .. 1 along a line; `wavelength` is that of its slowest part. */
export function noiseAlong(random: Random, wavelength: number): (at: number) => number {
  const waves = [1, 1.7, 2.9].map((frequency) => ({
    frequency: (2 * Math.PI * frequency) / wavelength,
    phase: between(random, 0, 2 * Math.PI),
    strength: 0.5 / frequency,
  }));
  return (at) =>
    waves.reduce((sum, wave) => sum + wave.strength * Math.sin(wave.frequency * at + wave.phase), 0);
}

/** Smooth noise of -1 .. 1 over a picture: a lattice of `cell` pixels with chance values, blended between. */
export function noiseOver(
  random: Random,
  width: number,
  height: number,
  cell: number,
): (x: number, y: number) => number {
  const columns = Math.ceil(width / cell) + 2;
  const rows = Math.ceil(height / cell) + 2;
  const lattice = Float32Array.from({ length: columns * rows }, () => between(random, -1, 1));
  return (x, y) => {
    const column = Math.floor(x / cell);
    const row = Math.floor(y / cell);
    const u = smooth(x / cell - column);
    const v = smooth(y / cell - row);
    const at = row * columns + column;
    const upper = lattice[at]! * (1 - u) + lattice[at + 1]! * u;
    const lower = lattice[at + columns]! * (1 - u) + lattice[at + columns + 1]! * u;
    return upper * (1 - v) + lower * v;
  };
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
