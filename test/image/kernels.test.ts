import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { connectedComponents } from "../../src/image/components.ts";
import { greyRows, toGrey } from "../../src/image/grey.ts";
import {
  addressOf,
  computed,
  doublesAt,
  floatsAt,
  intsAt,
  kernels,
  scoped,
} from "../../src/image/kernels.ts";
import type { GreyImage, Picture } from "../../src/image/picture.ts";
import { resample, shrink } from "../../src/image/resample.ts";
import { smoothed } from "../../src/image/smooth.ts";
import * as naive from "./naive.ts";

const random = createRandom(7);
const below = (n: number) => Math.floor(random.uniform() * n);

/** Single rows and columns, and sides that are no multiple of a vector's 4 or 16 values. */
const sizes: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 9],
  [13, 1],
  [2, 2],
  [4, 4],
  [5, 7],
  [16, 3],
  [17, 19],
  [33, 10],
  [37, 23],
];

/** Half of the pixels are paper, as on pages. */
const noise = (width: number, height: number): GreyImage =>
  naive.imageBy(width, height, () => (random.uniform() < 0.5 ? 0 : random.uniform()));

function closeTo(found: ArrayLike<number>, wanted: ArrayLike<number>, tolerance = 2e-6): void {
  expect(found.length).toBe(wanted.length);
  for (let i = 0; i < found.length; i++)
    if (!(Math.abs(found[i]! - wanted[i]!) <= tolerance)) expect([i, found[i]]).toEqual([i, wanted[i]]);
}

/** What a kernel writes for an image of `count` values. */
const written = (count: number, write: (to: number) => void) =>
  computed((all) => {
    const to = all.reserve(count * 4);
    write(to);
    return new Float32Array(floatsAt(to, count));
  });

describe.each(sizes)("of %i x %i pixels", (width, height) => {
  const image = noise(width, height);
  const count = width * height;
  const whole = { x: 0, y: 0, width, height };

  test("a picture's brightness is its luma over paper", () => {
    for (const alpha of [() => 255, () => below(256), () => (random.uniform() < 0.9 ? 0 : 200)]) {
      const data = Uint8Array.from({ length: count * 4 }, (_, i) => (i % 4 === 3 ? alpha() : below(256)));
      const grey = toGrey({ width, height, data });
      const luma = (i: number) =>
        (0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!) / 255;
      const opaque = Array.from({ length: count }, (_, i) => i).filter((i) => data[4 * i + 3] === 255);
      for (const i of opaque) expect(grey.data[i]).toBe(Math.fround(luma(i)));
      // All others are between their own brightness and one paper's.
      const papers = Array.from({ length: count }, (_, i) => ({ i, share: data[4 * i + 3]! / 255 }))
        .filter(({ share }) => share < 0.8)
        .map(({ i, share }) => (grey.data[i]! - share * luma(i)) / (1 - share));
      for (const paper of papers) expect(paper).toBeCloseTo(papers[0]!, 4);
    }
  });

  test("brightness of RGB is that of the same pixels with alpha", () => {
    const data = Uint8Array.from({ length: count * 4 }, (_, i) => (i % 4 === 3 ? 255 : below(256)));
    const rgb = data.filter((_, i) => i % 4 !== 3);
    expect(toGrey({ width, height, data: rgb })).toEqual(toGrey({ width, height, data }));
  });

  test("windows have the mean of what they cover", () => {
    for (const [columns, rows] of [
      [1, 1],
      [3, 2],
      [width, height],
      [2 * width + 1, 3 * height],
    ] as const) {
      const grid = {
        x: below(3) - 1.3,
        y: below(3) - 0.7,
        stepX: width / columns,
        stepY: height / rows,
        width: columns,
        height: rows,
      };
      closeTo(resample(image, grid).data, naive.resampled(image, grid).data);
    }
  });

  test("rows that are yet to be computed are made smaller to the same bits", () => {
    const data = Uint8Array.from({ length: count * 4 }, (_, i) => (i % 4 === 3 ? 255 : below(256)));
    const picture: Picture = { width, height, data };
    for (const side of [1, 5, 12, 100])
      expect(shrink(greyRows(picture), side)).toEqual(shrink(toGrey(picture), side));
  });

  test("smoothing takes 1 2 1 of neighbours, as often as asked", () => {
    closeTo(smoothed(image).data, naive.smoothed(image).data, 1e-7);
    const often = smoothed(smoothed(smoothed(image)));
    expect(smoothed(image, 3)).toEqual(often);
    const left = Math.fround(0.9);
    expect(smoothed(image, 3, 0.9).data).toEqual(
      often.data.map((value, i) => Math.max(value, Math.fround(left * image.data[i]!))),
    );
  });

  test("surroundings and paper without ink", () => {
    const all = kernels();
    for (const radius of [1, 3, 20]) {
      const around = written(count, (to) =>
        all.surroundings(addressOf(image.data), width, height, radius, to),
      );
      closeTo(around, naive.surroundings(image, radius).data, 1e-5);
      const [wide, high] = [2 * width + 1, 3 * height];
      const found = written(wide * high, (to) => {
        const paper = all.paperUnder(addressOf(image.data), width, height, radius, wide, high);
        all.samplePaper(paper, 0, wide * high, 1, to);
      });
      const small = naive.localMean(naive.closing(image, radius), Math.max(1, radius >> 2));
      const padded = naive.imageBy(width + 2, height + 2, (x, y) => naive.at(small, x - 1, y - 1));
      const grid = { x: 1, y: 1, stepX: width / wide, stepY: height / high, width: wide, height: high };
      closeTo(found, naive.resampled(padded, grid).data, 1e-5);
    }
  });

  test.each([true, false])("what stands out of the paper, dark ink: %s", (isInkDark) => {
    const all = kernels();
    const [floor, least, typical] = [0.07, 0.06, 0.4];
    computed(() => {
      const light = addressOf(image.data);
      const paper = all.paperUnder(light, width, height, 2, width, height);
      const contrast = written(count, (to) => all.samplePaper(paper, light, count, 1, to));
      const [ink, histogram] = [all.reserve(count * 4), all.reserve(1024)];
      all.inkOver(light, paper, height, isInkDark, floor, least, typical, ink, histogram);
      const levels = new Int32Array(256);
      const wanted = contrast.map((one, i) => {
        const value = one - floor;
        if (value <= 0) return 0;
        const here = one + image.data[i]!;
        const ratio = typical / Math.max(1 - here, 1e-3);
        const lightening = ratio <= 1 ? 1 : Math.min(3, ratio ** 0.7);
        return Math.min(1, isInkDark ? value / Math.max(here - floor, least) : value * lightening);
      });
      const found = new Float32Array(floatsAt(ink, count));
      closeTo(found, wanted, 1e-5);
      for (const value of found) if (value > 0) levels[Math.floor(value * 255 + 0.5)]!++;
      closeTo(intsAt(histogram, 256), levels, 1);
      all.stretch(ink, count, 0.7);
      closeTo(
        floatsAt(ink, count),
        found.map((value) => Math.min(1, value / 0.7)),
        1e-7,
      );
    });
  });

  test("samples and levels of what is above a threshold", () => {
    const all = kernels();
    const above = [...image.data].filter((value) => value > 0.4);
    computed(() => {
      const [values, to, histogram] = [addressOf(image.data), all.reserve(count * 4), all.reserve(1024)];
      for (const step of [1, 3]) {
        const found = all.sampleAbove(values, count, 0.4, step, to, count);
        expect([...floatsAt(to, found)]).toEqual(above.filter((_, i) => i % step === 0));
      }
      expect(all.sampleAbove(values, count, 0.4, 1, to, 2)).toBe(Math.min(2, above.length));
      expect(all.levels(values, count, 0.4, histogram)).toBe(above.length);
      const bin = 180;
      const own = above.filter((value) => Math.floor(value * 255) === bin);
      expect(intsAt(histogram, 256)[bin]).toBe(own.length);
      all.valuesOfLevel(values, count, 0.4, bin, to);
      expect([...floatsAt(to, own.length)]).toEqual(own);
      const sum = (some: readonly number[]) => some.reduce((a, b) => a + b, 0);
      closeTo(doublesAt(all.sums(values, count, 0.4), 2), [sum([...image.data]), sum(above)]);
    });
  });

  test("breadths of strokes", () => {
    const box = { x: width >> 2, y: height >> 2, width: (width + 1) >> 1, height: (height + 1) >> 1 };
    for (const { x, y, width: wide, height: high } of [whole, box]) {
      for (const isWhole of [true, false]) {
        const found = computed((all) =>
          all.strokeWidth(addressOf(image.data), width, x, y, x + wide, y + high, 0.3, isWhole),
        );
        expect(found).toBeCloseTo(
          naive.strokeWidth(image, { x, y, width: wide, height: high }, 0.3, isWhole),
          10,
        );
      }
    }
  });

  test("a digit's box, its centre of mass, and its bytes", () => {
    const pixels = [...image.data].map((value, i) => ({ value, x: i % width, y: Math.floor(i / width) }));
    const ink = pixels.filter(({ value }) => value > 0.9);
    computed((all) => {
      const values = addressOf(image.data);
      const box = all.inkBox(values, width, 0, 0, width, height, 0.9);
      if (ink.length === 0) expect(box).toBe(0);
      else {
        const [xs, ys] = [ink.map(({ x }) => x), ink.map(({ y }) => y)];
        const sides = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
        expect([...intsAt(box, 4)]).toEqual(sides);
      }
      const mass = pixels.reduce((sum, { value }) => sum + value, 0);
      if (mass === 0) return;
      const x = pixels.reduce((sum, one) => sum + one.value * (one.x + 0.5), 0) / mass;
      const y = pixels.reduce((sum, one) => sum + one.value * (one.y + 0.5), 0) / mass;
      closeTo(doublesAt(all.centreOfMass(values, width, 0, 0, width, height), 2), [x, y], 1e-9);
      const most = Math.max(...image.data);
      const bytes = all.reserve(count);
      all.toBytes(values, count, bytes);
      const found = new Uint8Array(floatsAt(bytes, 1).buffer, bytes, count);
      expect([...found]).toEqual([...image.data].map((value) => Math.round((255 * value) / most)));
    });
  });

  test("the greatest of squares, and what a round pen draws", () => {
    const all = kernels();
    for (const factor of [1, 2, 5]) {
      const [wide, high] = [Math.ceil(width / factor), Math.ceil(height / factor)];
      const found = written(wide * high, (to) =>
        all.maxPool(addressOf(image.data), width, height, factor, to),
      );
      const wanted = naive.imageBy(wide, high, (x, y) => {
        let most = 0;
        for (let i = 0; i < factor * factor; i++)
          most = Math.max(
            most,
            naive.at(image, x * factor + (i % factor), y * factor + Math.floor(i / factor)),
          );
        return most;
      });
      expect(found).toEqual(wanted.data);
    }
    for (const radius of [0.4, 1, 2.3]) {
      const margin = Math.ceil(radius);
      const side = 2 * margin + 1;
      const weight = (dx: number, dy: number) =>
        Math.min(1, Math.max(0, radius + 1 - Math.hypot(dx - margin, dy - margin)));
      const pen = Float64Array.from({ length: side * side }, (_, i) =>
        weight(i % side, Math.floor(i / side)),
      );
      const [wide, high] = [width + 2 * margin, height + 2 * margin];
      const found = written(wide * high, (to) =>
        all.dilate(addressOf(image.data), width, height, addressOf(pen), margin, to),
      );
      const wanted = naive.imageBy(wide, high, (x, y) => {
        let most = 0;
        for (let dy = 0; dy < side; dy++)
          for (let dx = 0; dx < side; dx++) {
            const isInside = x - dx >= 0 && y - dy >= 0 && x - dx < width && y - dy < height;
            if (isInside) most = Math.max(most, weight(dx, dy) * naive.at(image, x - dx, y - dy));
          }
        return most;
      });
      expect(found).toEqual(wanted.data);
    }
  });

  test("pieces: the heaviest, those that are long enough, and the large ones alone", () => {
    const sparse = naive.imageBy(width, height, () => (random.uniform() < 0.3 ? random.uniform() : 0));
    const all = connectedComponents(sparse, 0);
    const byMass = all.map(({ mass }) => mass).sort((a, b) => b - a);
    const heaviest = connectedComponents(sparse, 0, { most: () => 3 });
    // No more than three are left as they come, and are not sorted.
    const wanted = all.length > 3 ? byMass.slice(0, 3) : all.map(({ mass }) => mass);
    expect(heaviest.map(({ mass }) => mass)).toEqual(wanted);
    const long = all.filter(({ box }) => Math.max(box.width, box.height) >= 3);
    expect(connectedComponents(sparse, 0, { leastSide: 3 })).toEqual(long);

    const least = 0.4 * (byMass[0] ?? 0);
    const kept = sparse.data.slice();
    for (const { ends, mass } of all)
      for (let k = 0; k < ends.length; k += 2) if (mass < least) kept.fill(0, ends[k], ends[k + 1]);
    expect(
      written(count, (to) => kernels().largePieces(addressOf(sparse.data), width, height, 0.4, to)),
    ).toEqual(kept);
  });

  test("the least distance between runs", () => {
    const runsOf = (share: number) =>
      connectedComponents(
        naive.imageBy(width, height, () => Number(random.uniform() < share)),
        0.5,
      ).flatMap(({ ends }) =>
        Array.from({ length: ends.length / 2 }, (_, k) => [ends[2 * k]!, ends[2 * k + 1]!]),
      );
    const sorted = (runs: number[][]) => Int32Array.from(runs.sort((a, b) => a[0]! - b[0]!).flat());
    const [ones, others] = [sorted(runsOf(0.05)), sorted(runsOf(0.02))];
    if (ones.length === 0 || others.length === 0) return;
    const pixels = (runs: Int32Array) =>
      Array.from({ length: count }, (_, i) => i).filter((i) =>
        runs.some((from, k) => k % 2 === 0 && i >= from && i < runs[k + 1]!),
      );
    const squares = pixels(ones).flatMap((a) =>
      pixels(others).map(
        (b) => ((a % width) - (b % width)) ** 2 + (Math.floor(a / width) - Math.floor(b / width)) ** 2,
      ),
    );
    const found = computed((all) =>
      all.squaredDistance(
        addressOf(ones),
        ones.length / 2,
        addressOf(others),
        others.length / 2,
        width,
        Infinity,
      ),
    );
    expect(found).toBe(Math.min(...squares));
  });
});

describe("memory", () => {
  const image = noise(37, 23);

  test("of a scope is given back when it ends, also by an error", () => {
    const before = kernels().mark();
    const sum = scoped(() => {
      const once = smoothed(image);
      expect(kernels().mark()).toBeGreaterThan(before);
      return scoped(() => smoothed(once)).data.length + once.data.length;
    });
    expect(sum).toBe(2 * 37 * 23);
    expect(kernels().mark()).toBe(before);
    expect(() =>
      scoped(() => {
        smoothed(image);
        throw new Error("enough");
      }),
    ).toThrow("enough");
    expect(kernels().mark()).toBe(before);
  });

  test("outside of a scope, what was computed stays", () => {
    const first = smoothed(image);
    const copy = first.data.slice();
    for (let i = 0; i < 5; i++) smoothed(first);
    expect(first.data).toEqual(copy);
    expect(first.data.buffer.byteLength).toBe(37 * 23 * 4);
  });

  test("that grows leaves what is in it where it is", () => {
    scoped(() => {
      const first = smoothed(image);
      const copy = first.data.slice();
      const large = noise(1000, 1000);
      smoothed(large);
      smoothed(large);
      expect(first.data).toEqual(copy);
    });
  });

  test("of more than there is is an error that says so", () => {
    expect(() => scoped(() => kernels().reserve(600_000_000))).toThrow("more memory than WebAssembly gives");
  });
});
