import { createRandom, type Random } from "./core/random.ts";
import { gaussianBlur, motionBlur } from "./perturb/blur.ts";
import { rotation, scale, shear, shift } from "./perturb/geometry.ts";
import { gaussianNoise, impulseNoise, spatter } from "./perturb/noise.ts";
import type { Grey } from "./perturb/sampling.ts";
import { thicker, thinner } from "./perturb/strokes.ts";
import { brightness, contrast, stripe } from "./perturb/tone.ts";

/** How much an image is changed: the strength that a {@link Perturbation} has for 1, 2 or 3. */
export type Severity = 1 | 2 | 3;

export const severities: readonly Severity[] = [1, 2, 3];

/** A way to change images that leaves them the same digits to a person. */
export interface Perturbation {
  readonly name: string;
  /** For severities 1 to 3. */
  readonly strengths: readonly [number, number, number];
  /** What a strength is, after its number. */
  readonly unit: string;
  readonly apply: (image: Grey, strength: number, random: Random) => Grey;
}

/**
 * Perturbations in the spirit of MNIST-C (Mu and Gilmer, 2019). The strengths were chosen by eye: people read the
 * digits at severity 3 too. No model's accuracy was looked at.
 */
export const perturbations: readonly Perturbation[] = [
  { name: "rotation", strengths: [8, 16, 24], unit: "°", apply: rotation },
  { name: "shear", strengths: [0.2, 0.35, 0.5], unit: "", apply: shear },
  { name: "larger", strengths: [1.1, 1.2, 1.3], unit: "×", apply: scale },
  { name: "smaller", strengths: [0.85, 0.75, 0.65], unit: "×", apply: scale },
  { name: "shift", strengths: [2, 3, 4], unit: " px", apply: shift },
  { name: "gaussian noise", strengths: [0.1, 0.2, 0.3], unit: "", apply: gaussianNoise },
  { name: "impulse noise", strengths: [0.04, 0.08, 0.15], unit: "", apply: impulseNoise },
  { name: "spatter", strengths: [4, 8, 12], unit: " drops", apply: spatter },
  { name: "gaussian blur", strengths: [0.6, 0.9, 1.2], unit: " px", apply: gaussianBlur },
  { name: "motion blur", strengths: [2, 3, 4], unit: " px", apply: motionBlur },
  { name: "thinner", strengths: [0.3, 0.45, 0.6], unit: "", apply: thinner },
  { name: "thicker", strengths: [0.4, 0.7, 1], unit: "", apply: thicker },
  { name: "contrast", strengths: [0.7, 0.5, 0.3], unit: "×", apply: contrast },
  { name: "brightness", strengths: [0.2, 0.35, 0.5], unit: "", apply: brightness },
  { name: "stripe", strengths: [4, 8, 12], unit: " px", apply: stripe },
];

/** The same image, perturbation, severity and seed give the same pixels everywhere. */
export function perturb(
  image: Grey,
  { strengths, apply }: Perturbation,
  severity: Severity,
  seed: number,
): Grey {
  return apply(image, strengths[severity - 1]!, createRandom(seed, severity));
}
