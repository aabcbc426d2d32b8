import { expect, test } from "vitest";
import { matched, type ReadDigit } from "../../scripts/measure-pages/match.ts";
import { byFeature, type ReadPage, tallyOf } from "../../scripts/measure-pages/tally.ts";

const box = (x: number, width = 20) => ({ x, y: 100, width, height: 40 });
const read = (digit: number, x: number, more: Partial<ReadDigit> = {}): ReadDigit => ({
  digit,
  confidence: 0.9,
  isDigit: true,
  box: box(x),
  ...more,
});

const truth = [
  { digit: 1, box: box(0) },
  { digit: 2, box: box(30) },
  { digit: 3, box: box(60) },
  { digit: 4, box: box(90) },
];

test("each digit has at most one answer, each answer one digit, and the rest is extra or a mark", () => {
  const reads = [
    read(1, 2), // near the first
    read(7, 1, { box: box(6) }), // also in the first, but worse: nobody's
    read(5, 30),
    read(3, 61, { isDigit: false }),
    read(8, 300),
    read(8, 400, { isDigit: false }),
  ];
  const { digits, extra, marks } = matched(truth, reads);
  expect(digits.map(({ outcome }) => outcome)).toEqual(["right", "misread", "rejected", "missed"]);
  expect(extra.map(({ digit, box: { x } }) => [digit, x])).toEqual([
    [7, 6],
    [8, 300],
  ]);
  expect(marks.map(({ box: { x } }) => x)).toEqual([400]);
});

test("two digits read as one are one misread and one missed", () => {
  const { digits, extra } = matched(truth.slice(0, 2), [read(8, 0, { box: box(0, 42) })]);
  expect(digits.map(({ outcome }) => outcome).sort()).toEqual(["misread", "missed"]);
  expect(extra).toEqual([]);
});

function page(text: string, answer: string, more: Partial<ReadPage["truth"]> = {}): ReadPage {
  const digits = [...text.replace("\n", "")].map((digit, i) => ({ digit: Number(digit), box: box(30 * i) }));
  const reads = [...answer.replace(/\s/g, "")].map((digit, i) => read(Number(digit), 30 * i));
  return {
    path: "0001.jpg",
    truth: {
      kind: "page",
      text,
      paper: "plain",
      polarity: "dark on light",
      pen: "blue",
      shadow: "none",
      desk: false,
      size: 40,
      ...more,
    },
    matched: matched(digits, reads),
    text: answer,
    milliseconds: 1,
  };
}

test("a page is right where its text is, however the digits of a line are parted", () => {
  const pages = [
    page("12\n3", "1 2\n3"),
    page("12\n3", "123", { paper: "ruled" }),
    page("12\n3", "12\n4", { paper: "ruled" }),
  ];
  expect(tallyOf(pages)).toEqual({
    pages: 3,
    pagesRight: 1,
    pagesInOtherOrder: 1,
    digits: 9,
    right: 8,
    misread: 1,
    rejected: 0,
    missed: 0,
    extra: 0,
    marks: 0,
  });
  const papers = byFeature(pages).paper!;
  expect(Object.entries(papers).map(([name, tally]) => [name, tally.pagesRight, tally.pages])).toEqual([
    ["plain", 1, 1],
    ["ruled", 0, 2],
  ]);
});
