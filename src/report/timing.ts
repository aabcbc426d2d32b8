import type { Point, Scalars } from "./scalars.ts";

/** How long a training took. */
export interface Timing {
  /** Seconds since 1970 when its first event was written. */
  readonly started: number;
  /** Seconds that it ran, without the pauses before it was resumed. */
  readonly seconds: number;
  /** Images a second between one event and the next; empty where the batch's size is not known. */
  readonly speeds: readonly { readonly step: number; readonly imagesPerSecond: number }[];
  readonly epochs: readonly EpochTiming[];
}

export interface EpochTiming {
  /** From 1. */
  readonly epoch: number;
  /** Steps done at its end. */
  readonly step: number;
  /** With the evaluation before it. */
  readonly seconds: number;
  readonly imagesPerSecond?: number;
}

/** Timings as the wall times of the events tell them; none where there are no events. */
export function timingOf(
  train: Scalars,
  validation: Scalars,
  batchSize: number | undefined,
): Timing | undefined {
  const events = longest(train);
  const all = [...events, ...longest(validation)];
  if (all.length === 0) return undefined;
  const pairs = events.slice(1).map((to, i) => ({ from: events[i]!, to }));
  const within = pairs.filter(({ from, to }) => from.session === to.session && to.wallTime >= from.wallTime);
  const written = train.tags.images_per_second;
  const speeds = written
    ? written.map(({ step, value }) => ({ step, imagesPerSecond: value }))
    : within.flatMap(({ from, to }) => {
        const imagesPerSecond = ((to.step - from.step) * (batchSize ?? 0)) / (to.wallTime - from.wallTime);
        return imagesPerSecond > 0 && Number.isFinite(imagesPerSecond)
          ? [{ step: to.step, imagesPerSecond }]
          : [];
      });
  const ends = (validation.tags.accuracy ?? []).map(({ step }) => step);
  const epochs = ends.map((step, index) => {
    const after = index === 0 ? 0 : ends[index - 1]!;
    const seconds = sum(
      within
        .filter(({ to }) => to.step > after && to.step <= step)
        .map(({ from, to }) => to.wallTime - from.wallTime),
    );
    const own = speeds.filter((one) => one.step > after && one.step <= step);
    const imagesPerSecond = median(own.map((one) => one.imagesPerSecond));
    return { epoch: index + 1, step, seconds, ...(imagesPerSecond !== undefined && { imagesPerSecond }) };
  });
  const started = all.reduce((time, { wallTime }) => Math.min(time, wallTime), Number.POSITIVE_INFINITY);
  return { started, seconds: ranFor(events, longest(validation)), speeds, epochs };
}

/** The tag with the most values stands for all: they are written together. */
function longest({ tags }: Scalars): readonly Point[] {
  return Object.values(tags).reduce((a, b) => (b.length > a.length ? b : a), []);
}

/** The seconds that sessions ran, those of training and of validation at once counted once. */
function ranFor(train: readonly Point[], validation: readonly Point[]): number {
  const spans = [...spansOf(train), ...spansOf(validation)].sort((a, b) => a.from - b.from);
  let seconds = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spans) {
    seconds += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return seconds;
}

function spansOf(points: readonly Point[]): { readonly from: number; readonly to: number }[] {
  const spans = new Map<number, { from: number; to: number }>();
  for (const { session, wallTime } of points) {
    const span = spans.get(session);
    if (!span) spans.set(session, { from: wallTime, to: wallTime });
    else Object.assign(span, { from: Math.min(span.from, wallTime), to: Math.max(span.to, wallTime) });
  }
  return [...spans.values()];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
