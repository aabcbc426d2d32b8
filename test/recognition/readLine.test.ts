import { describe, expect, test } from "vitest";
import { unionOf } from "../../src/image/boxes.ts";
import type { Mark } from "../../src/image/marks.ts";
import type { Box } from "../../src/image/picture.ts";
import type { Candidate } from "../../src/recognition/candidate.ts";
import { type Piece, readLine, type Segment, segmentsOf } from "../../src/recognition/readLine.ts";

/** All lines here are 100 pixels high, in an image of 1,000. */
const [HEIGHT, WIDTH] = [100, 1000];

/** A filled box as a mark. */
function mark(box: Box): Mark {
  const runs = Array.from({ length: box.height }, (_, row) => {
    const from = (box.y + row) * WIDTH + box.x;
    return { from, to: from + box.width };
  });
  return { box, runs, mass: box.width * box.height, level: 1 };
}

function piece(x: number, width: number, { y = 0, height = HEIGHT } = {}): Piece {
  const one = mark({ x, y, width, height });
  return { mark: one, whole: one, slices: [one] };
}

/** A mark of two halves that touch. */
function halves(x: number, width: number): readonly [Piece, Piece] {
  const whole = mark({ x, y: 0, width, height: HEIGHT });
  const slices = [0, width / 2].map((dx) => mark({ x: x + dx, y: 0, width: width / 2, height: HEIGHT }));
  const [left, right] = slices.map((one) => ({ mark: one, whole, slices }));
  return [left!, right!];
}

/** What is read with so much confidence in each segment, by its "from-to"; 0.02 in all others. */
function read(pieces: readonly Piece[], sure: Readonly<Record<string, number>>): string {
  const segments = segmentsOf(pieces, HEIGHT).map((segment) => {
    const confidence = sure[nameOf(segment)] ?? 0.02;
    const box = unionOf(segment.marks.map((one) => one.box));
    const candidate: Candidate = {
      box,
      pixels: new Uint8Array(784),
      probabilities: [confidence],
      digit: 0,
      confidence,
    };
    return { ...segment, candidate, one: 1 };
  });
  return readLine(pieces, segments, HEIGHT, WIDTH).map(nameOf).join(" ");
}

const nameOf = ({ from, to }: Segment) => `${from}-${to}`;
const names = (pieces: readonly Piece[]) => segmentsOf(pieces, HEIGHT).map(nameOf);

describe("what may be one digit", () => {
  test("is each piece, and pieces that are near together", () => {
    expect(names([piece(0, 40), piece(200, 40), piece(400, 40)])).toEqual(["0-1", "1-2", "2-3"]);
    expect(names([piece(0, 40), piece(45, 30), piece(400, 40)])).toEqual(["0-1", "0-2", "1-2", "2-3"]);
    expect(names([])).toEqual([]);
  });

  test("is not broader than digits are", () => {
    expect(names([piece(0, 120), piece(122, 120)])).toEqual(["0-1", "1-2"]);
  });

  test("is of few pieces, however many there are", () => {
    const crumbs = Array.from({ length: 30 }, (_, i) => piece(i * 6, 4, { height: 90 }));
    const most = Math.max(...segmentsOf(crumbs, HEIGHT).map(({ from, to }) => to - from));
    expect(most).toBeGreaterThanOrEqual(2);
    expect(most).toBeLessThanOrEqual(6);
  });

  test("is the whole mark where all of its slices are there, else the slices", () => {
    const [left, right] = halves(0, 100);
    const segments = segmentsOf([left, right], HEIGHT);
    const marks = Object.fromEntries(segments.map((segment) => [nameOf(segment), segment.marks]));
    expect(marks["0-2"]).toEqual([left.whole]);
    expect(marks["0-1"]).toEqual([left.mark]);
    expect(marks["1-2"]).toEqual([right.mark]);
  });
});

describe("a line is parted", () => {
  test("in its pieces where these are digits", () => {
    const pieces = [piece(0, 50), piece(100, 50), piece(200, 50)];
    expect(read(pieces, { "0-1": 0.99, "1-2": 0.99, "2-3": 0.99 })).toBe("0-1 1-2 2-3");
  });

  test("so that a 5 has its bar", () => {
    // The bar is as low as a speck, at the body's upper end and three pixels from it.
    const pieces = [piece(0, 50), piece(100, 40), piece(143, 25, { y: 0, height: 10 }), piece(260, 50)];
    const sure = { "0-1": 0.99, "1-2": 0.7, "1-3": 0.99, "3-4": 0.99 };
    expect(read(pieces, sure)).toBe("0-1 1-3 3-4");
  });

  test("without a speck", () => {
    const pieces = [piece(0, 50), piece(80, 6, { y: 60, height: 6 }), piece(140, 50)];
    expect(read(pieces, { "0-1": 0.99, "2-3": 0.99, "1-2": 0.6 })).toBe("0-1 2-3");
  });

  test("with a mark as high as the others, though the network hardly knows it", () => {
    const pieces = [piece(0, 50), piece(100, 50), piece(200, 50)];
    expect(read(pieces, { "0-1": 0.99, "1-2": 0.3, "2-3": 0.99 })).toBe("0-1 1-2 2-3");
  });

  test("with a mark that is nearly as high, though it hardly looks like one digit", () => {
    const pieces = [piece(0, 50), piece(100, 70, { y: 25, height: 75 }), piece(300, 50)];
    expect(read(pieces, { "0-1": 0.99, "1-2": 0.004, "2-3": 0.99 })).toBe("0-1 1-2 2-3");
  });

  test("not by joining digits that stand apart, though both together look like one", () => {
    const pieces = [piece(0, 50), piece(70, 50)];
    expect(read(pieces, { "0-1": 0.9, "1-2": 0.9, "0-2": 0.99 })).toBe("0-1 1-2");
  });

  test("at a cut where both halves are clearer than the whole, and nowhere else", () => {
    expect(read(halves(0, 120), { "0-2": 0.1, "0-1": 0.99, "1-2": 0.99 })).toBe("0-1 1-2");
    expect(read(halves(0, 90), { "0-2": 0.97, "0-1": 0.98, "1-2": 0.98 })).toBe("0-2");
  });

  test("of nothing, in nothing", () => {
    expect(read([], {})).toBe("");
  });
});
