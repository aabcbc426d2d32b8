import type { Random } from "../../src/core/random.ts";
import { between, noiseAlong, oneOf } from "../draw-digits/chance.ts";
import type { Colour } from "../draw-digits/pens.ts";

/** The light on a page and what the lens leaves of it. */
export interface Light {
  readonly shadow: "none" | "soft" | "hard";
  /** What it multiplies brightness with at a pixel. */
  readonly at: (x: number, y: number) => number;
  /** Its colour. */
  readonly colour: Colour;
}

/** A lamp or a window at one side, dark corners, and for some the shadow of a hand, a head or a window's frame. */
export function takeLight(random: Random, width: number, height: number, isBoard: boolean): Light {
  const longer = Math.max(width, height);
  // Before a dark board a camera lets more light in.
  const brightness = isBoard ? between(random, 0.9, 1.6) : between(random, 0.66, 0.98);
  const [slope, towards] = [between(random, 0, 0.35), between(random, 0, 2 * Math.PI)];
  const [slopeX, slopeY] = [slope * Math.cos(towards), slope * Math.sin(towards)];
  const vignette = between(random, 0, 0.5);
  const shadow = oneOf(random, ["none", "none", "soft", "hard"] as const);
  const depth = shadow === "none" ? 0 : between(random, 0.15, 0.42);
  const softness = shadow === "hard" ? between(random, 0.001, 0.006) : between(random, 0.02, 0.1);
  const from = between(random, 0, 2 * Math.PI);
  const [acrossX, acrossY] = [Math.cos(from), Math.sin(from)];
  const edge = between(random, -0.3, 0.3);
  const bend = noiseAlong(random, between(random, 1, 3));
  const bent = between(random, 0, 0.12);
  const warmth = between(random, -0.06, 0.1);
  const tint = oneOf(random, [0, 0, between(random, -0.03, 0.03)]);
  return {
    shadow,
    at: (x, y) => {
      const [u, v] = [(x - width / 2) / longer, (y - height / 2) / longer];
      const light = brightness * (1 + slopeX * u + slopeY * v) * (1 - vignette * (u * u + v * v));
      if (depth === 0) return light;
      const along = acrossX * v - acrossY * u;
      const distance = (acrossX * u + acrossY * v - edge - bent * bend(along)) / softness;
      return light * (1 - depth / (1 + Math.exp(-distance)));
    },
    colour: [1, 1 + tint, 1 - warmth],
  };
}
