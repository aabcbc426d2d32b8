import type { Random } from "../../src/core/random.ts";
import type { GreyImage } from "../../src/image/picture.ts";
import { between, noiseOver } from "../draw-digits/chance.ts";
import type { Point } from "../draw-digits/skeletons.ts";
import { type Desk, inside } from "./desk.ts";
import type { Lens } from "./lens.ts";
import type { Light } from "./light.ts";
import type { PagePen, Sheet } from "./scene.ts";

/** What is before the camera. */
export interface Scene {
  readonly sheet: Sheet;
  readonly pen: PagePen;
  readonly light: Light;
  readonly lens: Lens;
  /** How much of a printed line, 0..1, lies at a place of the sheet. */
  readonly lineAt: ((place: Point) => number) | undefined;
  readonly desk: Desk | undefined;
  /** The standard deviation of the sensor's noise, 0..1. */
  readonly noise: number;
}

/** How many normal numbers are kept to take from; a power of 2. */
const STORE = 4096;

/** The noise of a channel alone, as a part of that of all three. */
const COLOUR_NOISE = 0.4;

/** How much darker a desk is right beside the sheet that lies on it. */
const SHEET_SHADOW = 0.45;

/** The picture's red, green and blue, 0..255: `[height, width, 3]`. */
export function photographed(random: Random, ink: GreyImage, scene: Scene): Uint8Array {
  const { width, height } = ink;
  const { light, noise } = scene;
  const surface = surfaceOf(random, ink, scene);
  // Each pixel takes four at random from a store of normal numbers, which are slow to draw.
  const store = Float32Array.from({ length: STORE }, () => noise * random.normal());
  const take = (bits: number) => store[bits & (STORE - 1)]!;
  const pixels = new Uint8ClampedArray(width * height * 3);
  const [red, green, blue] = light.colour;
  const colour = new Float64Array(3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      surface(x, y, colour);
      const bright = light.at(x, y);
      const [bits, more] = [random.uint32(), random.uint32()];
      const grey = take(bits);
      pixels[at] = 255 * (bright * red * colour[0]! + grey + COLOUR_NOISE * take(bits >>> 16));
      pixels[at + 1] = 255 * (bright * green * colour[1]! + grey + COLOUR_NOISE * take(more));
      pixels[at + 2] = 255 * (bright * blue * colour[2]! + grey + COLOUR_NOISE * take(more >>> 16));
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** Writes what colour the sheet, or the desk beside it, has at a pixel, in even light. */
function surfaceOf(
  random: Random,
  ink: GreyImage,
  { sheet, pen, lens, lineAt, desk }: Scene,
): (x: number, y: number, colour: Float64Array) => void {
  const { width, height } = ink;
  const longer = Math.max(width, height);
  const isBoard = sheet.name === "board";
  const fibres = noiseOver(random, width, height, between(random, 1.5, 4));
  const cell = longer * between(random, 0.03, 0.15);
  const clouds = noiseOver(random, width, height, cell);
  const smaller = noiseOver(random, width, height, 0.37 * cell);
  const grains = noiseOver(random, width, height, between(random, 1.2, 2.5));
  const pools = noiseOver(random, width, height, longer * between(random, 0.005, 0.02));
  const roughness = isBoard ? between(random, 0.02, 0.06) : between(random, 0.003, 0.02);
  const patchiness = isBoard ? between(random, 0.05, 0.15) : between(random, 0.003, 0.02);
  const unevenness = between(random, 0, 0.12);
  return (x, y, colour) => {
    const covered = ink.data[y * width + x]!;
    const hidden =
      covered === 0
        ? 0
        : covered *
          pen.opacity *
          (1 - pen.grain * Math.max(0, 0.35 + grains(x, y))) *
          (1 - unevenness * Math.max(0, pools(x, y)));
    const rough = 1 + roughness * fibres(x, y) + patchiness * (0.6 * clouds(x, y) + 0.4 * smaller(x, y));
    const place = lineAt || desk ? lens.toSheet({ x: x + 0.5, y: y + 0.5 }) : undefined;
    const line = lineAt && place ? sheet.lineStrength * lineAt(place) : 0;
    for (let channel = 0; channel < 3; channel++) {
      const bare = sheet.colour[channel]! * (1 - line * (1 - sheet.lineColour[channel]!)) * rough;
      colour[channel] = bare + hidden * (pen.colour[channel]! - bare);
    }
    if (!desk || !place) return;
    const depth = inside(desk.sheet, place);
    const share = Math.min(1, Math.max(0, depth / 1.5 + 0.5));
    if (share === 1) return;
    const dark = 1 - SHEET_SHADOW * Math.exp(depth / desk.shadow);
    const wood = (1 + desk.grain(place)) * dark * rough;
    for (let channel = 0; channel < 3; channel++) {
      colour[channel] = share * colour[channel]! + (1 - share) * wood * desk.colour[channel]!;
    }
  };
}
