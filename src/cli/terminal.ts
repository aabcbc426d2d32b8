import { formatCount, formatDuration } from "../core/numberText.ts";
import { type Colors, createColors } from "./colors.ts";

export { formatCount, formatDuration };

/** A stream of text: standard output or standard error, or a test's string. */
export interface Output {
  write(text: string): void;
  /** Whether a person watches: colours and progress lines are for them only. */
  readonly isTTY: boolean;
  /** Width in characters. */
  readonly columns: number;
}

/** All that a command gets of the outside world. Results go to `stdout`, progress and logs to `stderr`. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Whether `output` is coloured: on a terminal only, and never where NO_COLOR is set (https://no-color.org). */
export function usesColor(output: Output, io: Io): boolean {
  return output.isTTY && !io.env.NO_COLOR && io.env.TERM !== "dumb";
}

/** Colours for `output`; they change nothing where {@link usesColor} says no. */
export function colorsFor(output: Output, io: Io): Colors {
  return createColors(usesColor(output, io));
}

/** One JSON document on standard output. */
export function printJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value)}\n`);
}

/** `29.9 MB`, `70 bytes`. */
export function formatMegabytes(bytes: number): string {
  return bytes < 1e5 ? `${formatCount(bytes)} bytes` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** `1 file`, `60,000 files`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Text out of a file or of its name without what would steer a terminal, and not longer than `most` characters. */
export function printable(text: string, most = 60): string {
  const harmless = text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, "�");
  return harmless.length > most ? `${harmless.slice(0, most - 1)}…` : harmless;
}

/** A line on standard error that says how far the work is and how long it will still take. */
export interface ProgressLine {
  /** `done` of `total` units are done; `note` is put at the end of the line. */
  update(done: number, total: number, note?: string): void;
  /** Takes the line away. */
  clear(): void;
}

const barWidth = 24;
const shownAfterMs = 300;
const redrawnEveryMs = 100;

/** A progress line that starts now, drawn on a terminal only and only once the work lasts longer than a moment. */
export function createProgressLine(io: Io, label: string, now: () => number = Date.now): ProgressLine {
  const started = now();
  let drawnAt = -1;
  return {
    update(done, total, note = "") {
      const time = now();
      if (!io.stderr.isTTY || time - started < shownAfterMs) return;
      if (drawnAt >= 0 && time - drawnAt < redrawnEveryMs && done < total) return;
      drawnAt = time;
      const part = total > 0 ? Math.min(1, done / total) : 0;
      const filled = Math.round(part * barWidth);
      const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
      const left = part > 0 ? `${formatDuration(((time - started) / 1000) * (1 / part - 1))} left` : "";
      const percent = `${Math.floor(part * 100)} %`.padStart(5);
      const line = [label, bar, percent, left, note].filter((text) => text !== "").join("  ");
      io.stderr.write(`\r\x1b[2K${line.slice(0, io.stderr.columns - 1)}`);
    },
    clear() {
      if (drawnAt >= 0) io.stderr.write("\r\x1b[2K");
      drawnAt = -1;
    },
  };
}
