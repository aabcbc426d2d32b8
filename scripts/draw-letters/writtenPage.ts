import type { Random } from "../../src/core/random.ts";
import type { Picture } from "../../src/image/picture.ts";
import { oneOf } from "../draw-digits/chance.ts";
import { handwritten, type Path } from "../draw-digits/handwriting.ts";
import { inkOf } from "../draw-digits/inkOf.ts";
import { type Skeleton, skeletons } from "../draw-digits/skeletons.ts";
import { letters } from "./letters.ts";

/** Pixels: of a pen, between characters, of a space, of a line, and of the paper around. */
const [PEN, GAP, SPACE, LINE, MARGIN] = [7, 18, 60, 150, 80];

const PAPER = [238, 234, 224] as const;
const INK = [34, 34, 51] as const;

const alphabet = new Map<string, readonly Skeleton[]>([
  ...letters.map((ways) => [ways[0]!.style.replace(/\d+$/, ""), ways] as const),
  ...skeletons.map((ways, digit) => [String(digit), ways] as const),
]);

/** A sheet with these lines written on it, of the digits and those letters that can be drawn. */
export function writtenPage(lines: readonly string[], random: Random): Picture {
  const written = lines.map((line, i) => writtenLine(line, MARGIN + 50 + i * LINE, random));
  const width = MARGIN + Math.ceil(Math.max(...written.flat(2).map(({ x }) => x)));
  const height = 2 * MARGIN + 100 + (lines.length - 1) * LINE;
  const strokes = written.flat().map((path) => path.map((point) => ({ ...point, width: PEN })));
  const ink = inkOf(strokes, width, height);
  const data = new Uint8Array(width * height * 3);
  for (const [i, covered] of ink.entries())
    for (let channel = 0; channel < 3; channel++)
      data[3 * i + channel] = PAPER[channel]! + covered * (INK[channel]! - PAPER[channel]!);
  return { width, height, data };
}

function writtenLine(line: string, y: number, random: Random): Path[] {
  let x = MARGIN;
  return [...line].flatMap((character) => {
    if (character === " ") {
      x += SPACE;
      return [];
    }
    const paths = handwritten(random, oneOf(random, alphabet.get(character)!), PEN);
    const half = Math.max(...paths.flat().map((point) => point.x));
    const middle = x + half;
    x += 2 * half + GAP;
    return paths.map((path) => path.map((point) => ({ x: middle + point.x, y: y + point.y })));
  });
}
