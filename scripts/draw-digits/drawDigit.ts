import { createRandom, type Random } from "../../src/core/random.ts";
import { blurred, type Camera, handHeldCamera, type Placing, scanner } from "./camera.ts";
import { between, betweenByRatio, noiseOver, oneOf } from "./chance.ts";
import { handwritten, type Path } from "./handwriting.ts";
import { inkOf } from "./inkOf.ts";
import { type Paper, type PaperName, takePaper } from "./paper.ts";
import { drawnWith, type Pen, type PenName, takePen } from "./pens.ts";
import { type Skeleton, skeletons } from "./skeletons.ts";

/** How hard a picture is: clean paper on a scanner, or all that may happen before a telephone's camera. */
export type Group = "scan" | "photo";

/** A drawn digit and how it was made. */
export interface DrawnDigit {
  /** Of another alphabet, the letter's number. */
  readonly digit: number;
  readonly style: string;
  readonly pen: PenName;
  readonly paper: PaperName;
  readonly group: Group;
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, 0..255: `[height, width, 3]`. */
  readonly pixels: Uint8Array;
  /** JPEG of this quality, or PNG without one. */
  readonly quality: number | undefined;
}

const PENS: Readonly<Record<Group, readonly PenName[]>> = {
  scan: ["ballpoint", "pencil", "fountain", "felt-tip", "marker", "digital"],
  photo: ["ballpoint", "pencil", "fountain", "felt-tip", "marker", "chalk"],
};

/** Shorter and longer side of the pictures, pixels. */
const SIDES = { least: 40, most: 800 };

/** Below this height, pixels, a person cannot be sure what a digit is. */
const LEAST_SIZE = 20;

/** Broader pens close the loops of these digits, and of letters; in hundredths of the height. */
const LOOPED = [0, 4, 6, 8, 9];
const BROADEST_LOOP = 16;

/** The noise of a channel alone, as a part of that of all three. */
const COLOUR_NOISE = 0.4;

/** How many normal numbers are kept to take from; a power of 2. */
const STORE = 4096;

/** Ink thinner than this, pixels, is lost between them. */
const THINNEST = 1;

/**
 * Picture `index` of the pictures for `seed`. It depends on nothing else, so that more pictures begin with the same ones.
 * Ten in a row are the ten digits; PNG and JPEG take turns, and so do, where no group is given, the groups.
 *
 * @param alphabet the ways of writing each digit, or what else is to be drawn in their place.
 */
export function drawDigit(
  seed: number,
  index: number,
  group?: Group,
  alphabet: readonly (readonly Skeleton[])[] = skeletons,
): DrawnDigit {
  const random = createRandom(seed, index);
  const row = Math.floor(index / alphabet.length);
  const digit = index % alphabet.length;
  const ofGroup = group ?? (row % 2 === 0 ? "scan" : "photo");
  const skeleton = oneOf(random, alphabet[digit]!);
  const taken = takePen(random, oneOf(random, PENS[ofGroup]));
  const place = placed(random);
  const least = (100 * THINNEST) / place.size;
  const most = alphabet !== skeletons || LOOPED.includes(digit) ? BROADEST_LOOP : 25;
  const pen = { ...taken, width: Math.max(least, Math.min(most, taken.width)) };
  const paths = handwritten(random, skeleton, pen.width);
  const placing = keptWhole(place, paths, pen.width);
  const camera = ofGroup === "scan" ? scanner(random, placing) : handHeldCamera(random, placing);
  const strokes = paths.map((path) =>
    drawnWith(pen, path).map((dab) => ({
      ...camera.toPicture(dab),
      width: Math.max(THINNEST * 0.8, (dab.width * placing.size) / 100),
    })),
  );
  const { width, height, size } = placing;
  const paper = takePaper(random, paperFor(random, pen, ofGroup), ofGroup === "scan", width, height, size);
  const ink = inkOf(strokes, width, height);
  const isJpeg = (index + Math.floor(row / 2)) % 2 === 1;
  return {
    digit,
    style: skeleton.style,
    pen: pen.name,
    paper: paper.name,
    group: ofGroup,
    width,
    height,
    pixels: photographed(random, painted(random, ink, pen, paper, camera, placing), camera, placing),
    quality: isJpeg ? 40 + random.below(56) : undefined,
  };
}

/** A picture of chance size and shape, and a digit of 30 to 90 % of its shorter side anywhere in it. */
function placed(random: Random): Placing {
  const shorter = betweenByRatio(random, SIDES.least, SIDES.most * 0.8);
  const longer = Math.min(SIDES.most, shorter * between(random, 1, 1.7));
  const isTall = random.below(2) === 0;
  const width = Math.round(isTall ? shorter : longer);
  const height = Math.round(isTall ? longer : shorter);
  // With its pen and its slant a digit may be as broad as high, and a little longer than its skeleton.
  const size = Math.max(LEAST_SIZE, between(random, 0.3, 0.78) * shorter);
  const room = (side: number) => Math.max(0, (side - size * 1.18) / 2);
  const middle = {
    x: width / 2 + between(random, -1, 1) * room(width),
    y: height / 2 + between(random, -1, 1) * room(height),
  };
  return { width, height, middle, size };
}

/** The place moved, and the digit made smaller where need be, so that all of it is in the picture. */
function keptWhole(place: Placing, paths: readonly Path[], penWidth: number): Placing {
  const points = paths.flat();
  // Tilted paper brings a side nearer, and a blur makes ink broader.
  const reach = (side: "x" | "y") =>
    (1.08 * Math.max(...points.map((point) => Math.abs(point[side]))) + penWidth / 2 + 2) / 100;
  const { width, height, middle } = place;
  const size = Math.min(place.size, (0.46 * width) / reach("x"), (0.46 * height) / reach("y"));
  const within = (at: number, half: number, side: number) => Math.min(side - half, Math.max(half, at));
  return {
    width,
    height,
    size,
    middle: {
      x: within(middle.x, size * reach("x") + 1, width),
      y: within(middle.y, size * reach("y") + 1, height),
    },
  };
}

function paperFor(random: Random, pen: Pen, group: Group): PaperName {
  if (pen.name === "chalk") return "board";
  if (pen.name === "digital") return "screen";
  if (group === "scan") return "plain";
  return oneOf(random, ["plain", "plain", "plain", "ruled", "squared"]);
}

/** The written-on paper in its light, before it is photographed. */
function painted(
  random: Random,
  ink: Float32Array,
  pen: Pen,
  paper: Paper,
  camera: Camera,
  { width, height, size }: Placing,
): Float32Array {
  const grains = noiseOver(random, width, height, Math.max(1, size * between(random, 0.01, 0.022)));
  const colours = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const covered = pen.isAliased ? Number(ink[at]! >= 0.5) : ink[at]!;
      const hidden = covered * pen.opacity * (1 - pen.grain * Math.max(0, 0.35 + grains(x, y)));
      const line = paper.lineAt(camera.toPaper({ x: x + 0.5, y: y + 0.5 }));
      const light = camera.lightAt(x, y);
      const rough = 1 + paper.texture(x, y);
      for (let channel = 0; channel < 3; channel++) {
        const bare = paper.colour[channel]! * (1 - line * (1 - paper.lineColour[channel]!)) * rough;
        colours[at * 3 + channel] = light[channel]! * (bare + hidden * (pen.colour[channel]! - bare));
      }
    }
  }
  return colours;
}

function photographed(
  random: Random,
  colours: Float32Array,
  { blur, noise }: Camera,
  { width, height }: Placing,
): Uint8Array {
  const seen = blurred(colours, width, height, blur);
  // Each pixel takes four at random from a store of normal numbers, which are slow to draw.
  const store = Float32Array.from({ length: STORE }, () => noise * random.normal());
  const take = (bits: number) => store[bits & (STORE - 1)]!;
  const level = (value: number) => Math.round(255 * Math.min(1, Math.max(0, value)));
  const pixels = new Uint8Array(seen.length);
  for (let i = 0; i < pixels.length; i += 3) {
    const bits = random.uint32();
    const more = random.uint32();
    const grey = take(bits);
    pixels[i] = level(seen[i]! + grey + COLOUR_NOISE * take(bits >>> 16));
    pixels[i + 1] = level(seen[i + 1]! + grey + COLOUR_NOISE * take(more));
    pixels[i + 2] = level(seen[i + 2]! + grey + COLOUR_NOISE * take(more >>> 16));
  }
  return pixels;
}
