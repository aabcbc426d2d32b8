import { createColors } from "picocolors";

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

/** Picocolors' functions for `output`; they change nothing where {@link usesColor} says no. */
export function colorsFor(output: Output, io: Io): ReturnType<typeof createColors> {
  return createColors(usesColor(output, io));
}

/** One JSON document on standard output. */
export function printJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value)}\n`);
}

/** `3.2 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `60,000`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 file`, `60,000 files`. */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
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
