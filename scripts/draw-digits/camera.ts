import type { Random } from "../../src/core/random.ts";
import { between, oneOf } from "./chance.ts";
import type { Colour } from "./pens.ts";
import type { Point } from "./skeletons.ts";

/** What a scanner or a camera does to what lies before it. */
export interface Camera {
  /** Where a place of the paper, in hundredths of the digit's height from its middle, is in the picture, in pixels. */
  readonly toPicture: (place: Point) => Point;
  readonly toPaper: (pixel: Point) => Point;
  /** What the light multiplies each channel with at a pixel. */
  readonly lightAt: (x: number, y: number) => Colour;
  /** The standard deviation of its blur, pixels. */
  readonly blur: number;
  /** The standard deviation of its noise, 0..1. */
  readonly noise: number;
}

/** Where the digit lies in the picture. */
export interface Placing {
  readonly width: number;
  readonly height: number;
  /** The digit's middle, pixels. */
  readonly middle: Point;
  /** Its height, pixels. */
  readonly size: number;
}

export function scanner(random: Random, { middle, size }: Placing): Camera {
  const scale = size / 100;
  return {
    toPicture: ({ x, y }) => ({ x: middle.x + scale * x, y: middle.y + scale * y }),
    toPaper: ({ x, y }) => ({ x: (x - middle.x) / scale, y: (y - middle.y) / scale }),
    lightAt: () => [1, 1, 1],
    blur: between(random, 0.2, 0.7),
    noise: between(random, 0, 0.008),
  };
}

export function handHeldCamera(random: Random, placing: Placing): Camera {
  const { middle, size, width, height } = placing;
  const scale = size / 100;
  // Tilted, the paper's far end is smaller: all is divided by a depth that grows along one direction.
  const tilt = between(random, 0, 0.25) / Math.max(width, height);
  const direction = between(random, 0, 2 * Math.PI);
  const [tiltX, tiltY] = [tilt * Math.cos(direction), tilt * Math.sin(direction)];
  return {
    toPicture: (place) => {
      const [x, y] = [scale * place.x, scale * place.y];
      const depth = 1 + tiltX * x + tiltY * y;
      return { x: middle.x + x / depth, y: middle.y + y / depth };
    },
    toPaper: (pixel) => {
      const [x, y] = [pixel.x - middle.x, pixel.y - middle.y];
      const depth = 1 - tiltX * x - tiltY * y;
      return { x: x / depth / scale, y: y / depth / scale };
    },
    lightAt: lightOver(random, width, height),
    blur: between(random, 0.3, 0.6) + size * between(random, 0, 0.01),
    noise: between(random, 0.004, 0.03),
  };
}

/** Uneven light: a lamp from one side, the lens's dark corners, the soft edge of a shadow, the colour of the lamp. */
function lightOver(random: Random, width: number, height: number): (x: number, y: number) => Colour {
  const brightness = between(random, 0.65, 1.02);
  const slope = towards(random, between(random, 0, 0.35));
  const vignette = between(random, 0, 0.3);
  const hasShadow = random.below(3) === 0;
  const shadow = towards(random, 1);
  const depth = hasShadow ? between(random, 0.15, 0.45) : 0;
  const edge = between(random, -0.35, 0.35);
  const softness = between(random, 0.03, 0.15);
  const warmth = between(random, -0.06, 0.1);
  const tint = oneOf(random, [0, 0, between(random, -0.03, 0.03)]);
  return (x, y) => {
    const [u, v] = [x / width - 0.5, y / height - 0.5];
    const shade = 1 / (1 + Math.exp(-(shadow.x * u + shadow.y * v - edge) / softness));
    const fall = 1 - vignette * 2 * (u * u + v * v);
    const light = brightness * (1 + slope.x * u + slope.y * v) * fall * (1 - depth * shade);
    return [light, light * (1 + tint), light * (1 - warmth)];
  };
}

function towards(random: Random, length: number): Point {
  const direction = between(random, 0, 2 * Math.PI);
  return { x: length * Math.cos(direction), y: length * Math.sin(direction) };
}

/** Colours, `[height, width, 3]`, out of focus: two means over a window, each way. */
export function blurred(
  colours: Float32Array,
  width: number,
  height: number,
  deviation: number,
): Float32Array {
  let image = colours;
  // A window of 2 r + 1 pixels has a variance of r (r + 1) / 3, and the variances add up.
  const radius = (Math.sqrt(6 * deviation * deviation + 1) - 1) / 2;
  for (let round = 0; round < 2; round++) {
    image = meansAlong(image, { lines: height, length: width, lineStep: width * 3, step: 3 }, radius);
    image = meansAlong(image, { lines: width, length: height, lineStep: 3, step: width * 3 }, radius);
  }
  return image;
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  readonly lineStep: number;
  readonly step: number;
}

/** The mean over `radius` pixels to both sides, of which the outermost count by their part; the ends go on. */
function meansAlong(
  image: Float32Array,
  { lines, length, lineStep, step }: Lines,
  radius: number,
): Float32Array {
  const result = new Float32Array(image.length);
  const whole = Math.floor(radius);
  const part = radius - whole;
  const size = 2 * radius + 1;
  const margin = whole + 1;
  const longer = new Float32Array(length + 2 * margin);
  for (let line = 0; line < lines; line++) {
    for (let channel = 0; channel < 3; channel++) {
      const start = line * lineStep + channel;
      for (let i = 0; i < length; i++) longer[margin + i] = image[start + i * step]!;
      longer.fill(longer[margin]!, 0, margin);
      longer.fill(longer[margin + length - 1]!, margin + length);
      let sum = 0;
      for (let i = 1; i <= 2 * whole + 1; i++) sum += longer[i]!;
      for (let i = 0; i < length; i++) {
        const first = longer[i]!;
        const next = longer[i + 2 * margin]!;
        result[start + i * step] = (sum + part * (first + next)) / size;
        sum += next - longer[i + 1]!;
      }
    }
  }
  return result;
}
