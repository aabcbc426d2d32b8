import type { Random } from "../../src/core/random.ts";
import type { GreyImage } from "../../src/image/picture.ts";
import { between, noiseOver } from "../draw-digits/chance.ts";
import type { Point } from "../draw-digits/skeletons.ts";
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
  /** The standard deviation of the sensor's noise, 0..1. */
  readonly noise: number;
}

/** How many normal numbers are kept to take from; a power of 2. */
const STORE = 4096;

/** The noise of a channel alone, as a part of that of all three. */
const COLOUR_NOISE = 0.4;

/** The picture's red, green and blue, 0..255: `[height, width, 3]`. */
export function photographed(random: Random, ink: GreyImage, scene: Scene): Uint8Array {
  const { width, height } = ink;
  const { sheet, pen, light, lens, lineAt, noise } = scene;
  const isBoard = sheet.name === "board";
  const longer = Math.max(width, height);
  const fibres = noiseOver(random, width, height, between(random, 1.5, 4));
  const patches = noiseOver(random, width, height, longer * between(random, 0.03, 0.15));
  const grains = noiseOver(random, width, height, between(random, 1.2, 2.5));
  const roughness = isBoard ? between(random, 0.02, 0.06) : between(random, 0.003, 0.02);
  const patchiness = isBoard ? between(random, 0.05, 0.15) : between(random, 0.003, 0.02);
  // Each pixel takes four at random from a store of normal numbers, which are slow to draw.
  const store = Float32Array.from({ length: STORE }, () => noise * random.normal());
  const take = (bits: number) => store[bits & (STORE - 1)]!;
  const pixels = new Uint8ClampedArray(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const covered = ink.data[at]!;
      const hidden =
        covered === 0 ? 0 : covered * pen.opacity * (1 - pen.grain * Math.max(0, 0.35 + grains(x, y)));
      const line =
        lineAt === undefined ? 0 : sheet.lineStrength * lineAt(lens.toSheet({ x: x + 0.5, y: y + 0.5 }));
      const rough = 1 + roughness * fibres(x, y) + patchiness * patches(x, y);
      const bright = light.at(x, y);
      const [bits, more] = [random.uint32(), random.uint32()];
      const grey = take(bits);
      for (let channel = 0; channel < 3; channel++) {
        const bare = sheet.colour[channel]! * (1 - line * (1 - sheet.lineColour[channel]!)) * rough;
        const colour = bright * light.colour[channel]! * (bare + hidden * (pen.colour[channel]! - bare));
        const own = take(channel === 0 ? bits >>> 16 : channel === 1 ? more : more >>> 16);
        pixels[at * 3 + channel] = 255 * (colour + grey + COLOUR_NOISE * own);
      }
    }
  }
  return new Uint8Array(pixels.buffer);
}
