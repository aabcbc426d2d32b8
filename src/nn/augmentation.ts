import { createRandom } from "../core/random.ts";
import { AUGMENT_CELLS, Augment } from "../engine/kernels/opcodes.ts";

/**
 * Random distortions of training images, each drawn anew for every image of every step. Numbers are the most that
 * is drawn, in either direction where there are two, each value between equally likely; but of blur, contrast,
 * brightness and noise faint ones come more often than strong ones (the cube of what is equally likely), so that most
 * images stay as clean as those that are read later.
 */
export interface Augmentation {
  readonly name: "none" | "light" | "strong";
  /** Degrees. */
  readonly rotation: number;
  /** Larger or smaller by this share. */
  readonly scale: number;
  /** Width and height apart from each other by this share. */
  readonly stretch: number;
  /** Slant: pixels to the side for each pixel up. */
  readonly shear: number;
  /** Pixels, in both directions. */
  readonly shift: number;
  /** The alpha of Simard, Steinkraus and Platt (2003): what noise in [-1, 1), blurred by `sigma`, is multiplied with. */
  readonly elastic: number;
  /** The deviation of that blur, pixels. */
  readonly sigma: number;
  /** Strokes broader or thinner: 1 is all the way to the largest or smallest of each pixel and its neighbours. */
  readonly thickness: number;
  /** 1 is all blurred by 1 2 1 in both directions. */
  readonly blur: number;
  /** Black and white nearer to middle grey by this share. */
  readonly contrast: number;
  /** Everything lighter by this share of white. */
  readonly brightness: number;
  /** The deviation of noise, as a share of white. */
  readonly noise: number;
}

/** What `light` and `strong` do to a digit's shape: more of it cost accuracy on the validation split. */
const shape = {
  ...{ rotation: 10, scale: 0.1, stretch: 0.05, shear: 0.15, shift: 1.5, elastic: 20, sigma: 4 },
  thickness: 0.3,
} as const;

/** By the name that `--augment` takes. */
export const augmentationDefaults = {
  none: {
    ...{ name: "none", rotation: 0, scale: 0, stretch: 0, shear: 0, shift: 0, elastic: 0, sigma: 4 },
    ...{ thickness: 0, blur: 0, contrast: 0, brightness: 0, noise: 0 },
  },
  light: { name: "light", ...shape, blur: 0, contrast: 0, brightness: 0, noise: 0 },
  strong: { name: "strong", ...shape, blur: 0.4, contrast: 0.5, brightness: 0.3, noise: 0.2 },
} as const satisfies { readonly [Name in Augmentation["name"]]: Augmentation & { readonly name: Name } };

/** Whether it changes anything. */
export function isAugmenting({ name, sigma, ...amounts }: Augmentation): boolean {
  return Object.values(amounts).some((amount) => amount !== 0);
}

/** Streams of random numbers of one seed: shuffling takes 2^20 and on, one an epoch; distortions these, one a step. */
const AUGMENTATION_STREAM = 1 << 21;

/**
 * Draws the distortions of one step's images: fills `floats` and `ints`, the same cells, [count, AUGMENT_CELLS] as
 * {@link Augment} says. They follow from seed and step alone.
 */
export function drawDistortions(
  { floats, ints }: { readonly floats: { [cell: number]: number }; readonly ints: Int32Array },
  how: Augmentation,
  { seed, step, count }: { readonly seed: number; readonly step: number; readonly count: number },
): void {
  const random = createRandom(seed, AUGMENTATION_STREAM + step);
  const within = (most: number) => (2 * random.uniform() - 1) * most;
  const mostlyFaint = (most: number) => random.uniform() ** 3 * most;
  for (let image = 0; image < count; image++) {
    const at = image * AUGMENT_CELLS;
    const angle = (within(how.rotation) * Math.PI) / 180;
    const scale = 1 + within(how.scale);
    const stretch = 1 + within(how.stretch);
    const shear = within(how.shear);
    const [width, height] = [scale * stretch, scale / stretch];
    // Turned (slanted (stretched)), inverted: where a pixel of the result comes from.
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [xx, xy] = [cos * width, (cos * shear - sin) * height];
    const [yx, yy] = [sin * width, (sin * shear + cos) * height];
    const determinant = xx * yy - xy * yx;
    const [ixx, ixy] = [yy / determinant, -xy / determinant];
    const [iyx, iyy] = [-yx / determinant, xx / determinant];
    const [right, down] = [within(how.shift), within(how.shift)];
    floats[at + Augment.XX] = ixx;
    floats[at + Augment.XY] = ixy;
    floats[at + Augment.YX] = iyx;
    floats[at + Augment.YY] = iyy;
    floats[at + Augment.ShiftX] = -(ixx * right + ixy * down);
    floats[at + Augment.ShiftY] = -(iyx * right + iyy * down);
    floats[at + Augment.Elastic] = random.uniform() * how.elastic;
    floats[at + Augment.Thickness] = within(how.thickness);
    floats[at + Augment.Blur] = mostlyFaint(how.blur);
    const greyer = mostlyFaint(how.contrast);
    floats[at + Augment.Gain] = 1 - greyer;
    floats[at + Augment.Lift] = greyer / 2 + mostlyFaint(how.brightness);
    floats[at + Augment.Noise] = mostlyFaint(how.noise);
    ints[at + Augment.Key] = random.uint32();
  }
}
