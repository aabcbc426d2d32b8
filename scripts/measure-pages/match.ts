import type { Box } from "../../src/image/picture.ts";

/** What is on a page, of what scripts/compose-pages.mjs tells. */
export interface TrueDigit {
  readonly digit: number;
  readonly box: Box;
}

/** What was answered, of what the library's `predict` gives. */
export interface ReadDigit {
  readonly digit: number;
  readonly confidence: number;
  /** False for a mark that does not look like a digit. */
  readonly isDigit: boolean;
  readonly box: Box;
}

export type Outcome = "right" | "misread" | "rejected" | "missed";

export interface Matched {
  /** What became of each digit that is there: `rejected` is found, but taken for no digit. */
  readonly digits: readonly {
    readonly outcome: Outcome;
    readonly truth: TrueDigit;
    readonly read: ReadDigit | undefined;
  }[];
  /** Digits that were read where there are none. */
  readonly extra: readonly ReadDigit[];
  /** Marks that were found where there are no digits, and rightly taken for none. */
  readonly marks: readonly ReadDigit[];
}

/** How much larger than a digit is the box in which the middle of its answer must be. */
const GROWN = 1.25;

/** Gives each digit the answer with the best common area among those with their middle in it, one to one. */
export function matched(truths: readonly TrueDigit[], reads: readonly ReadDigit[]): Matched {
  const pairs = truths
    .flatMap((truth) =>
      reads
        .filter((read) => isNear(truth.box, read.box))
        .map((read) => ({ truth, read, share: commonShare(truth.box, read.box) })),
    )
    .sort((a, b) => b.share - a.share);
  const readOf = new Map<TrueDigit, ReadDigit>();
  const used = new Set<ReadDigit>();
  for (const { truth, read } of pairs) {
    if (readOf.has(truth) || used.has(read)) continue;
    readOf.set(truth, read);
    used.add(read);
  }
  const unused = reads.filter((read) => !used.has(read));
  return {
    digits: truths.map((truth) => {
      const read = readOf.get(truth);
      return { outcome: outcomeOf(truth, read), truth, read };
    }),
    extra: unused.filter(({ isDigit }) => isDigit),
    marks: unused.filter(({ isDigit }) => !isDigit),
  };
}

function outcomeOf(truth: TrueDigit, read: ReadDigit | undefined): Outcome {
  if (read === undefined) return "missed";
  if (!read.isDigit) return "rejected";
  return read.digit === truth.digit ? "right" : "misread";
}

/** Whether the middle of `read` is in the digit's box, larger by a quarter of its longer side (a 1 has hardly a width). */
function isNear(truth: Box, read: Box): boolean {
  const more = ((GROWN - 1) / 2) * Math.max(truth.width, truth.height);
  const [x, y] = [read.x + read.width / 2, read.y + read.height / 2];
  return (
    x >= truth.x - more &&
    x <= truth.x + truth.width + more &&
    y >= truth.y - more &&
    y <= truth.y + truth.height + more
  );
}

/** Intersection over union. */
export function commonShare(a: Box, b: Box): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const common = Math.max(0, across) * Math.max(0, down);
  return common / (a.width * a.height + b.width * b.height - common);
}
