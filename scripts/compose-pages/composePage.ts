import { createRandom, type Random } from "../../src/core/random.ts";
import type { Box, GreyImage } from "../../src/image/picture.ts";
import { between, betweenByRatio, oneOf } from "../draw-digits/chance.ts";
import type { Point } from "../draw-digits/skeletons.ts";
import { takeDesk } from "./desk.ts";
import type { Digits } from "./digits.ts";
import { type Glyph, glyphOf } from "./glyph.ts";
import { addInk } from "./ink.ts";
import { HEIGHTS, laidOut, takeCounts, takeWriting, type Writing } from "./layout.ts";
import { type Lens, takeLens } from "./lens.ts";
import { type Light, takeLight } from "./light.ts";
import { photographed, type Scene } from "./photograph.ts";
import { type Bounds, boundsInPicture, boundsOnSheet, type Placed } from "./placed.ts";
import { type PagePen, type Sheet, takeScene } from "./scene.ts";

/** A page of lines, or one digit anywhere. */
export type Kind = "page" | "single";

/** What is in a composed picture, and what it was made with. */
export interface Truth {
  readonly kind: Kind;
  readonly width: number;
  readonly height: number;
  readonly text: string;
  readonly lines: readonly { readonly text: string; readonly digits: readonly number[] }[];
  readonly digits: readonly {
    readonly digit: number;
    readonly box: Box;
    /** The number of the MNIST image. */
    readonly source: number;
    /** Whether it touches the digit before it. */
    readonly touches?: true;
  }[];
  readonly paper: Sheet["name"];
  readonly polarity: "dark on light" | "light on dark";
  readonly pen: PagePen["name"];
  readonly shadow: Light["shadow"];
  /** Whether a side of the sheet is seen, and what it lies on. */
  readonly desk: boolean;
  /** The middle one of the digits' heights, pixels. */
  readonly size: number;
  /** Of the JPEG, or undefined for a PNG. */
  readonly quality: number | undefined;
}

export interface ComposedPage {
  readonly truth: Truth;
  /** Red, green, blue, 0..255: `[height, width, 3]`. */
  readonly pixels: Uint8Array;
}

export interface ComposeOptions {
  readonly seed: number;
  /** Of the picture, from 0. */
  readonly index: number;
  readonly kind: Kind;
  /** The share of digits that touch the one before them; 0 unless given. */
  readonly touching?: number;
}

/** Shorter and longer side of the pictures, pixels. */
const SIDES = { least: 600, most: 3000 };

/** PNGs of a photograph are large, and nobody makes them larger than this, pixels. */
const LARGEST_PNG = 2e6;

/**
 * Picture `index` of the pictures for `seed`. But for the options it depends on nothing else, so that more pictures begin with the same ones.
 */
export function composePage(digits: Digits, options: ComposeOptions): ComposedPage {
  const { random, ink, scene, truth } = writePage(digits, options);
  return { truth, pixels: photographed(random, ink, scene) };
}

/** A page before it is photographed: the ink on it, and all that the camera will see. */
export interface WrittenPage {
  readonly truth: Truth;
  readonly ink: GreyImage;
  readonly scene: Scene;
  /** Goes on with the noise of the picture. */
  readonly random: Random;
}

/** The first part of {@link composePage}, and all of its decisions. */
export function writePage(digits: Digits, { seed, index, kind, touching = 0 }: ComposeOptions): WrittenPage {
  const random = createRandom(seed, index);
  const { width, height } = takeSides(random);
  const lens = takeLens(random, width, height, 1.5, 7);
  const { sheet, pen } = takeScene(random);
  const edge = between(random, 0.28, 0.5);
  const takeGlyph = () => {
    const taken = random.below(digits.labels.length);
    return glyphOf(digits.images.subarray(taken * 784, (taken + 1) * 784), taken, edge);
  };
  const { lines, pitch } =
    kind === "single"
      ? single(random, takeGlyph, lens, { width, height })
      : page(random, takeGlyph, lens, { width, height }, sheet, touching);
  const light = takeLight(random, width, height, sheet.name === "board");
  const ink: GreyImage = { width, height, data: new Float32Array(width * height) };
  const blur = between(random, 0.5, 0.8) + (Math.max(width, height) / 1600) * between(random, 0, 0.7);
  const boxes = lines.map((line) => line.map((placed) => addInk(ink, placed, lens, blur)));
  const lineAt = printedLines(random, sheet, pitch, lines[0]![0]!);
  const noise = between(random, 0.004, 0.025);
  const isSheetWhole = sheet.name !== "board" && random.below(6) === 0;
  const written = isSheetWhole ? boundsOf(lines.flat().map(boundsOnSheet)) : undefined;
  const desk = written && takeDesk(random, written, pitch / 2, width, height);
  const isPng = width * height <= LARGEST_PNG && random.below(6) === 0;
  const heights = boxes
    .flat()
    .map((box) => box.height)
    .sort((a, b) => a - b);
  return {
    random,
    ink,
    scene: { sheet, pen, light, lens, lineAt, desk, noise },
    truth: {
      kind,
      width,
      height,
      ...truthOf(digits, lines, boxes),
      paper: sheet.name,
      polarity: sheet.name === "board" ? "light on dark" : "dark on light",
      pen: pen.name,
      shadow: light.shadow,
      desk: desk !== undefined,
      size: heights[heights.length >> 1]!,
      quality: isPng ? undefined : 40 + random.below(56),
    },
  };
}

function truthOf(
  digits: Digits,
  lines: readonly (readonly Placed[])[],
  boxes: readonly (readonly Box[])[],
): Pick<Truth, "text" | "lines" | "digits"> {
  let number = 0;
  const written = lines.map((line) => ({
    text: line.map(({ glyph }) => digits.labels[glyph.index]).join(""),
    digits: line.map(() => number++),
  }));
  return {
    text: written.map(({ text }) => text).join("\n"),
    lines: written,
    digits: lines.flatMap((line, i) =>
      line.map(({ glyph, touches }, j) => ({
        digit: digits.labels[glyph.index]!,
        box: boxes[i]![j]!,
        source: digits.sources[glyph.index]!,
        ...(touches && { touches }),
      })),
    ),
  };
}

/** A picture of 3:4, as telephones take them, or of a shape that somebody cut it to. */
function takeSides(random: Random): { width: number; height: number } {
  const longer = Math.min(SIDES.most, Math.max(820, 1600 * Math.exp(0.38 * random.normal())));
  const ratio = random.below(2) === 0 ? 0.75 : between(random, 0.6, 1);
  const shorter = Math.max(SIDES.least, longer * ratio);
  const [a, b] = [Math.round(longer), Math.round(shorter)];
  return random.below(3) === 0 ? { width: b, height: a } : { width: a, height: b };
}

interface Sides {
  readonly width: number;
  readonly height: number;
}

function page(
  random: Random,
  takeGlyph: () => Glyph,
  lens: Lens,
  sides: Sides,
  sheet: Sheet,
  touching: number,
): { lines: Placed[][]; pitch: number } {
  const isRuled = sheet.name === "ruled" || sheet.name === "squared";
  const counts = takeCounts(random);
  const fits = Math.min(
    (0.9 * sides.width) / Math.max(...counts),
    (0.85 * sides.height) / (1.7 * counts.length),
  );
  const size = Math.min(
    HEIGHTS.most / 1.15,
    Math.max(HEIGHTS.least * 1.2, fits * betweenByRatio(random, 0.4, 1.5)),
  );
  let writing = takeWriting(random, counts, { size, isRuled, takeGlyph, touching });
  // People aim at what they photograph, more or less.
  const place = {
    x: (random.uniform() + random.uniform()) / 2,
    y: (random.uniform() + random.uniform()) / 2,
  };
  for (;;) {
    const lines = within(writing, place, lens, sides);
    if (lines !== undefined) return { lines, pitch: writing.pitch * writing.size };
    writing = smaller(writing);
  }
}

/** The writing smaller by a tenth, or, where it could not be read then, with a line less. */
function smaller(writing: Writing): Writing {
  if (writing.size * 0.9 >= HEIGHTS.least) return { ...writing, size: writing.size * 0.9 };
  return { ...writing, lines: writing.lines.slice(0, -1) };
}

/** The writing at `place` (0..1, both ways) of the room that the picture leaves it, or nothing where it has none. */
function within(
  writing: Writing,
  place: Point,
  lens: Lens,
  { width, height }: Sides,
): Placed[][] | undefined {
  const inPicture = (placed: Placed) => boundsInPicture(placed, lens);
  let origin = { x: -0.4 * width, y: -0.4 * height };
  const margin = 0.015 * Math.max(width, height) + 4;
  // Where the lens shows a page larger it takes more room: a second try is near enough.
  for (let round = 0; round < 2; round++) {
    const bounds = boundsOf(laidOut(writing, origin, lens).flat().map(inPicture));
    const room = {
      x: width - 2 * margin - (bounds.right - bounds.left),
      y: height - 2 * margin - (bounds.bottom - bounds.top),
    };
    if (room.x < 0 || room.y < 0) return undefined;
    origin = {
      x: origin.x + margin + place.x * room.x - bounds.left,
      y: origin.y + margin + place.y * room.y - bounds.top,
    };
  }
  const lines = laidOut(writing, origin, lens);
  const { left, top, right, bottom } = boundsOf(lines.flat().map(inPicture));
  return Math.min(left, top, width - right, height - bottom) >= 4 ? lines : undefined;
}

function boundsOf(all: readonly Bounds[]): Bounds {
  return {
    left: Math.min(...all.map(({ left }) => left)),
    top: Math.min(...all.map(({ top }) => top)),
    right: Math.max(...all.map(({ right }) => right)),
    bottom: Math.max(...all.map(({ bottom }) => bottom)),
  };
}

/** One digit of 10 to 95 % of the picture, anywhere in it. */
function single(
  random: Random,
  takeGlyph: () => Glyph,
  lens: Lens,
  { width, height }: Sides,
): { lines: Placed[][]; pitch: number } {
  const glyph = takeGlyph();
  const turn = between(random, -0.1, 0.1);
  const shear = between(random, -0.12, 0.15);
  const place = { x: random.uniform(), y: random.uniform() };
  let share = between(random, 0.1, 0.95);
  for (;;) {
    const scale = (share * Math.min(width, height)) / Math.max(glyph.width, glyph.height);
    let placed: Placed = { glyph, scale, turn, shear, middle: { x: 0, y: 0 } };
    for (let round = 0; round < 3; round++) {
      const { left, top, right, bottom } = boundsInPicture(placed, lens);
      const wanted = {
        x: 3 + place.x * (width - 6 - right + left),
        y: 3 + place.y * (height - 6 - bottom + top),
      };
      const { middle } = placed;
      placed = { ...placed, middle: { x: middle.x + wanted.x - left, y: middle.y + wanted.y - top } };
    }
    const { left, top, right, bottom } = boundsInPicture(placed, lens);
    const isWhole = Math.min(left, top, width - right, height - bottom) >= 2;
    if (isWhole)
      return { lines: [[placed]], pitch: scale * glyph.height * oneOf(random, [1.2, 1, 0.5, 0.3]) };
    share *= 0.95;
  }
}

/** The lines of ruled and squared paper: the first digit stands on one of them. */
function printedLines(
  random: Random,
  { name }: Sheet,
  pitch: number,
  first: Placed,
): ((place: Point) => number) | undefined {
  if (name !== "ruled" && name !== "squared") return undefined;
  const spacing = name === "ruled" ? pitch : pitch * oneOf(random, [0.5, 0.5, 1]);
  const breadth = Math.max(1.2, spacing * between(random, 0.012, 0.03));
  const below =
    first.middle.y + (first.scale * first.glyph.height) / 2 + between(random, -0.03, 0.08) * spacing;
  const aside = between(random, 0, spacing);
  const line = (at: number) => {
    const distance = Math.abs(at - spacing * Math.round(at / spacing));
    return Math.min(1, Math.max(0, (breadth / 2 - distance) / 0.9 + 0.5));
  };
  if (name === "ruled") return ({ y }) => line(y - below);
  return ({ x, y }) => Math.max(line(x - aside), line(y - below));
}
