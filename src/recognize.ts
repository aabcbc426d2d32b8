import { scaledBox, unionOf } from "./image/boxes.ts";
import { digitFromPicture } from "./image/digitFromPicture.ts";
import { type InkOfPicture, solidity } from "./image/inkOfPicture.ts";
import { loadKernels, scoped } from "./image/kernels.ts";
import { greyOfPage, inkOfPage } from "./image/pageInk.ts";
import type { Picture } from "./image/picture.ts";
import { inkPolarity } from "./image/polarity.ts";
import { type Candidate, classified } from "./recognition/candidate.ts";
import { looksLikeDigit } from "./recognition/looksLikeDigit.ts";
import { type Kind, kindsOf } from "./recognition/parts.ts";
import type { Classify, DigitPrediction, LinePrediction, Prediction } from "./recognition/prediction.ts";
import { readMarks } from "./recognition/readMarks.ts";
import { withSecondLook } from "./recognition/secondLook.ts";

/** Pictures no longer than this are one digit: there is no room for more. */
const SINGLE_SIDE = 40;

/** What the network is less sure of does not look like a digit. */
const LEAST_CONFIDENCE = 0.4;

/** Nor does what is so probably a letter that less than this is left. */
const LEAST_LEFT = 0.1;

/** Where a few marks explain a page no better than this, it is read with ink on the other side, and as fine writing, too. */
const POOR_SCORE = 0.3;
const FAIR_SCORE = 0.5;
const FEW = 24;

/** No single digit explains a page so well, only several clear ones in a line. */
const GOOD_SCORE = 0.95;

/** Nor does the other side of the ink explain it better than so many clear digits in lines. */
const CERTAIN_SCORE = 2;

/** How {@link recognize} takes a picture. */
export interface RecognizeOptions {
  /** The picture shows one digit, however many pieces of ink it is made of; it decides by itself unless true. */
  readonly single?: boolean;
}

/** Networks that help with pages, where there are any. */
export interface Helpers {
  /**
   * [n, 28, 28] bytes to [n, classes + 2] probabilities, the last two that it is no digit: a part of one or several, and a letter.
   */
  readonly classifyPart?: Classify | undefined;
  /** A network that is asked about digits that the first is unsure of; loaded only where there are some. */
  readonly loadBetter?: (() => Promise<Classify>) | undefined;
}

/** The digits of a picture; `undefined` where there is none. `loadHelpers` is asked only for what may be a page. */
export async function recognize(
  picture: Picture,
  classify: Classify | Promise<Classify>,
  options: RecognizeOptions = {},
  loadHelpers: () => Promise<Helpers> = async () => ({}),
): Promise<Prediction | undefined> {
  await loadKernels();
  // All of it at once, since images live only as long as a scope, and other pictures may be read in between.
  const ready = await classify;
  if (options.single || Math.max(sizeOf(picture).width, sizeOf(picture).height) <= SINGLE_SIDE) {
    return scoped(() => digitOf(picture, ready));
  }
  const { classifyPart, loadBetter } = await loadHelpers();
  const page = scoped(() => readPage(picture, ready, classifyPart));
  const lines = judged(await withSecondLook(page.lines, ready, loadBetter)).filter((line) =>
    line.some(({ isDigit }) => isDigit),
  );
  if (lines.length === 0) return undefined;
  const { width, height } = sizeOf(picture);
  const [scaleX, scaleY] = [width / page.width, height / page.height];
  const inPicture = (digit: DigitPrediction) => ({ ...digit, box: scaledBox(digit.box, scaleX, scaleY) });
  return predictionOf(
    lines.map((line) => line.map(inPicture)),
    { width, height },
  );
}

/** As the file has it, though it may have been decoded smaller, pixels. */
function sizeOf({ width, height, fullWidth = width, fullHeight = height }: Picture): {
  readonly width: number;
  readonly height: number;
} {
  return { width: fullWidth, height: fullHeight };
}

function digitOf(picture: Picture, classify: Classify): Prediction | undefined {
  const digit = digitFromPicture(picture);
  if (digit === undefined) return undefined;
  const [candidate] = classified([digit], classify);
  return predictionOf([[{ ...candidate!, isDigit: true }]], sizeOf(picture));
}

/** A mark or several that could be a digit, and what else they could be. */
interface Reading extends Candidate, Kind {}

/** What was read of a page's ink, and how well that explains it. */
interface Page {
  readonly lines: readonly (readonly Reading[])[];
  readonly score: number;
  readonly width: number;
  readonly height: number;
}

function readPage(picture: Picture, classify: Classify, classifyPart?: Classify): Page {
  const grey = greyOfPage(picture);
  const { isInkDark, isSure } = inkPolarity(grey);
  const read = (isDark: boolean, breadth?: "fine") =>
    scoped(() => readInk(inkOfPage(grey, isDark, breadth), classify, classifyPart));
  let page = read(isInkDark);
  const isWorse = (score: number) => page.score < score && page.lines.flat().length <= FEW;
  if ((!isSure && page.score < CERTAIN_SCORE) || isWorse(POOR_SCORE)) {
    const other = read(!isInkDark);
    if (other.score > page.score) page = other;
  }
  if (isWorse(FAIR_SCORE)) {
    // A shadow may have passed for broad strokes.
    const fine = read(isInkDark, "fine");
    if (fine.score > GOOD_SCORE) page = fine;
  }
  return page;
}

function readInk(found: InkOfPicture, classify: Classify, classifyPart?: Classify): Page {
  const { width, height } = found.ink;
  if (found.marks.length === 0) return { lines: [], score: 0, width, height };
  const read = readMarks(found, classify, classifyPart);
  const kinds = kindsOf(read.flat(), classifyPart)[Symbol.iterator]();
  const lines = read.map((line) => line.map((candidate) => ({ ...candidate, ...kinds.next().value! })));
  const score = likelihood(lines, width * height) * solidity(found);
  return { lines, score, width, height };
}

/** Whether each looks like a digit. Letters stand among letters: what is beside one is more likely one, too. */
function judged(lines: readonly (readonly Reading[])[]): DigitPrediction[][] {
  return lines.map((line) => {
    const logs = line.map(({ letter }) => Math.log(Math.max(1e-6, 1 - letter)));
    const sum = logs.reduce((total, log) => total + log, 0);
    return line.map(({ one, letter, ...candidate }, i) => {
      const others = (sum - logs[i]!) / Math.max(1, line.length - 1);
      const isLetter = logs[i]! + others / 2 < Math.log(LEAST_LEFT);
      return { ...candidate, isDigit: !isLetter && couldBeDigit(candidate) };
    });
  });
}

function couldBeDigit({ confidence, pixels }: Candidate): boolean {
  return confidence >= LEAST_CONFIDENCE && looksLikeDigit(pixels);
}

/** How well digits explain a page of `area` pixels: they are clear, stand in lines, and cover more than specks do. */
function likelihood(lines: readonly (readonly Reading[])[], area: number): number {
  const readings = lines.flat();
  if (readings.length === 0) return 0;
  const sum = (of: (reading: Reading) => number) =>
    readings.reduce((total, reading) => total + of(reading), 0);
  // A clear letter is writing as much as a digit is; the paper inside of one is neither.
  const clear =
    sum((reading) => reading.letter + (couldBeDigit(reading) ? reading.one * reading.confidence ** 2 : 0)) /
    readings.length;
  const inLines = lines.reduce((count, { length }) => count + (length > 1 ? length : 0), 0);
  // A line is no accident, a digit that stands alone may be a piece of one; in a texture, there is no end of either.
  const many = Math.min(3, Math.max(1, Math.log2(inLines / 2)));
  const covered = sum(({ box }) => box.width * box.height) / area;
  return clear * many * covered ** 0.05;
}

function predictionOf(
  lines: readonly (readonly DigitPrediction[])[],
  size: { readonly width: number; readonly height: number },
): Prediction {
  const result: LinePrediction[] = lines.map((digits) => ({
    text: digits.map(({ digit, isDigit }) => (isDigit ? String(digit) : "?")).join(""),
    box: unionOf(digits.map(({ box }) => box)),
    digits,
  }));
  return {
    text: result.map(({ text }) => text).join("\n"),
    lines: result,
    digits: result.flatMap(({ digits }) => digits),
    ...size,
  };
}
