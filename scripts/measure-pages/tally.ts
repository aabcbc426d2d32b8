import type { Matched, Outcome } from "./match.ts";

/** A page that was read. */
export interface ReadPage {
  /** Its file. */
  readonly path: string;
  readonly truth: {
    readonly kind: "page" | "single";
    readonly text: string;
    readonly paper: string;
    readonly polarity: string;
    readonly pen: string;
    readonly shadow: string;
    readonly desk: boolean;
    readonly size: number;
    readonly quality?: number;
  };
  readonly matched: Matched;
  /** What was answered. */
  readonly text: string;
  readonly milliseconds: number;
}

/** Pages, digits, and what became of them. */
export interface Tally extends Record<Outcome, number> {
  readonly pages: number;
  /** Pages whose text is the one that was written. */
  readonly pagesRight: number;
  /** Pages with every digit right and nothing else, but in another order or in other lines. */
  readonly pagesInOtherOrder: number;
  readonly digits: number;
  readonly extra: number;
  readonly marks: number;
}

/** Whether the text is the one that was written; how the digits of a line are parted does not matter. */
export function isRight({ text, truth }: ReadPage): boolean {
  return text.replace(/[^\S\n]/g, "") === truth.text;
}

export function tallyOf(pages: readonly ReadPage[]): Tally {
  const all = pages.flatMap(({ matched }) => matched.digits);
  const count = (outcome: Outcome) => all.filter((one) => one.outcome === outcome).length;
  const sum = (of: (page: ReadPage) => number) => pages.reduce((total, page) => total + of(page), 0);
  return {
    pages: pages.length,
    pagesRight: pages.filter(isRight).length,
    pagesInOtherOrder: pages.filter((page) => !isRight(page) && hasRightDigits(page)).length,
    digits: all.length,
    right: count("right"),
    misread: count("misread"),
    rejected: count("rejected"),
    missed: count("missed"),
    extra: sum(({ matched }) => matched.extra.length),
    marks: sum(({ matched }) => matched.marks.length),
  };
}

function hasRightDigits({ matched: { digits, extra, marks } }: ReadPage): boolean {
  return digits.every(({ outcome }) => outcome === "right") && extra.length + marks.length === 0;
}

/** What pages are sorted by. */
const features: Readonly<Record<string, (page: ReadPage) => string>> = {
  paper: ({ truth }) => truth.paper,
  polarity: ({ truth }) => truth.polarity,
  pen: ({ truth }) => truth.pen,
  shadow: ({ truth }) => truth.shadow,
  "the sheet's sides": ({ truth }) => (truth.desk ? "in the picture" : "beyond the picture"),
  "height of a digit": ({ truth }) => sizeClass(truth.size),
  file: ({ truth: { quality } }) =>
    quality === undefined ? "PNG" : quality < 65 ? "JPEG below 65" : "JPEG from 65",
};

const sizes = [40, 70, 120, 200];

function sizeClass(size: number): string {
  const most = sizes.find((limit) => size <= limit);
  return most === undefined ? `above ${sizes.at(-1)} px` : `up to ${most} px`;
}

/** The tallies of the pages that have a feature in common, by feature and by what it is. */
export function byFeature(
  pages: readonly ReadPage[],
): Readonly<Record<string, Readonly<Record<string, Tally>>>> {
  return Object.fromEntries(
    Object.entries(features).map(([name, of]) => {
      const values = [...new Set(pages.map(of))].sort(new Intl.Collator("en", { numeric: true }).compare);
      return [
        name,
        Object.fromEntries(
          values.map((value) => [value, tallyOf(pages.filter((page) => of(page) === value))]),
        ),
      ];
    }),
  );
}

/** The value that `share` of them do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}
