import { formatPercent } from "../core/numberText.ts";
import { areDigits } from "../formats/mnistIdx.ts";
import type { DigitPrediction, Prediction } from "../recognition/prediction.ts";
import { colorsFor, counted, type Io, printable } from "./terminal.ts";

type Paint = (text: string) => string;

/** Below this, a digit is one to look at. */
const sureFrom = 0.9;

/** Pages of more digits are not listed in full unless that is asked for. */
const longPage = 20;

/** What a digit is to a reader: sure, unsure, or a mark that looks like no digit. */
export function stateOf({ isDigit, confidence }: DigitPrediction): "sure" | "unsure" | "mark" {
  if (!isDigit) return "mark";
  return confidence < sureFrom ? "unsure" : "sure";
}

/** An answer for people. */
export function predictionText(
  source: string,
  prediction: Prediction,
  classes: readonly string[],
  { isVerbose, io }: { readonly isVerbose: boolean; readonly io: Io },
): string {
  const names = areDigits(classes)
    ? classes.map((_, i) => String(i))
    : classes.map((name) => printable(name));
  const [only] = prediction.digits;
  if (only && prediction.digits.length === 1) return digitText(printable(source, 500), only, names, io);
  return pageText(printable(source, 500), prediction, names, isVerbose, io);
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
}

/** One digit, and how probable each class is. */
function digitText(source: string, one: DigitPrediction, names: readonly string[], io: Io): string {
  const { digit, confidence, probabilities } = one;
  const colors = colorsFor(io.stdout, io);
  const { bold, dim } = colors;
  const paint = { sure: colors.green, unsure: colors.yellow, mark: colors.red }[stateOf(one)];
  const width = Math.max(...names.map((name) => name.length));
  const lines = probabilities.map((probability, i) => {
    const line = `  ${names[i]?.padEnd(width)}  ${probability.toFixed(4)}  ${bar(probability, 30)}`;
    return i === digit ? paint(line) : dim(line);
  });
  const name = one.isDigit ? (names[digit] ?? "") : "?";
  const sure = one.isDigit
    ? `${formatPercent(confidence, 1)} sure`
    : `looks like no digit; ${names[digit]} comes closest`;
  return `${source}: ${bold(paint(name))}  ${dim(`(${sure})`)}\n${lines.join("\n")}\n`;
}

/** The lines of a page, and a table of its digits. */
function pageText(
  source: string,
  { lines, digits }: Prediction,
  names: readonly string[],
  isVerbose: boolean,
  io: Io,
): string {
  const { bold, yellow, red } = colorsFor(io.stdout, io);
  const count = (state: string) => digits.filter((one) => stateOf(one) === state).length;
  const [unsure, marks] = [count("unsure"), count("mark")];
  const facts = [
    ...(lines.length > 1 ? [counted(lines.length, "line")] : []),
    counted(digits.length - marks, "digit"),
    ...(unsure > 0 ? [yellow(`${unsure} unsure`)] : []),
    ...(marks > 0 ? [red(counted(marks, "other mark"))] : []),
  ].join(", ");
  const texts = lines.map((line) => bold(line.digits.map((one) => nameOf(one, names, io)).join("")));
  const head =
    lines.length === 1
      ? [`${source}: ${texts[0]}  (${facts})`]
      : [`${source}: ${facts}`, ...texts.map((text) => `  ${text}`)];
  const isLong = digits.length > longPage && !isVerbose;
  const listed = isLong ? digits.filter((one) => stateOf(one) !== "sure") : digits;
  const table = listed.length > 0 ? digitTable(lines, new Set(listed), names, io) : [];
  return `${[...head, "", ...table, ...restNote(listed.length, digits.length, io)].join("\n")}\n`;
}

/** What the table leaves out, if anything. */
function restNote(listed: number, all: number, io: Io): readonly string[] {
  if (listed === all) return [];
  const { dim } = colorsFor(io.stdout, io);
  const [who, them] =
    listed === 0 ? ["all are", "them"] : [`${counted(all - listed, "other")} are`, "them too"];
  return [dim(`  ${who} at least ${sureFrom * 100} % sure; --verbose lists ${them}`)];
}

/** A digit in its line's text: its colour says how sure it is. */
function nameOf(one: DigitPrediction, names: readonly string[], io: Io): string {
  const { yellow, red } = colorsFor(io.stdout, io);
  const state = stateOf(one);
  if (state === "mark") return red("?");
  const name = names[one.digit] ?? "";
  return state === "unsure" ? yellow(name) : name;
}

/** One row a digit: its line and its place in it, what it is, how sure, what it may be instead, and where it is. */
function digitTable(
  lines: Prediction["lines"],
  listed: ReadonlySet<DigitPrediction>,
  names: readonly string[],
  io: Io,
): readonly string[] {
  const { dim, yellow, red } = colorsFor(io.stdout, io);
  const paints: Readonly<Record<string, Paint>> = { sure: String, unsure: yellow, mark: red };
  const nameWidth = Math.max(...names.map((name) => name.length));
  const width = Math.max("digit".length, nameWidth);
  const others = nameWidth + " 49 %".length;
  // What the other columns leave of the line, so that a row is one.
  const barWidth = Math.max(12, Math.min(24, (io.stdout.columns || 80) - width - others - 48));
  const heads = ["line", "at", "digit".padEnd(width), "  sure".padEnd(9 + barWidth), "or".padEnd(others)];
  const rows = [dim(`  ${heads.join("  ")}    x,y and size`)];
  for (const [line, { digits }] of lines.entries()) {
    for (const [at, one] of digits.entries()) {
      if (!listed.has(one)) continue;
      const state = stateOf(one);
      const [best = 0, next = 0] = rankedBy(one.probabilities);
      const nextShare = shareText(one.probabilities[next] ?? 0).padStart(4);
      const { x, y, width: across, height: down } = one.box;
      const cells = [
        String(line + 1).padStart(4),
        String(at + 1).padStart(2),
        (state === "mark" ? "?" : (names[one.digit] ?? "")).padEnd(width),
        ...(state === "mark"
          ? ["  looks like no digit".padEnd(9 + barWidth), (names[best] ?? "").padEnd(others)]
          : [
              formatPercent(one.confidence, 1).padStart(7),
              bar(one.confidence, barWidth).padEnd(barWidth),
              `${(names[next] ?? "").padEnd(nameWidth)} ${nextShare}`,
            ]),
        `${x},${y}`.padStart(9),
        `${across}x${down}`,
      ];
      rows.push((paints[state] ?? String)(`  ${cells.join("  ")}`));
    }
  }
  return rows;
}

/** Classes, the most probable first. */
function rankedBy(probabilities: readonly number[]): readonly number[] {
  return [...probabilities.keys()].sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
}

function shareText(share: number): string {
  return share < 0.005 ? "<1 %" : formatPercent(share, 0);
}
