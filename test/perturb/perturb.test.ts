import { describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { gaussianBlur, motionBlur } from "../../src/perturb/blur.ts";
import { rotated, rotation, scale, shear, shift } from "../../src/perturb/geometry.ts";
import { gaussianNoise, impulseNoise, spatter } from "../../src/perturb/noise.ts";
import { thicker, thinner } from "../../src/perturb/strokes.ts";
import { brightness, contrast, stripe } from "../../src/perturb/tone.ts";
import { perturb, perturbations, severities } from "../../src/perturb.ts";
import { realImages } from "../data/realImages.ts";

const { images } = realImages("train", 0, 20);
const digits = Array.from({ length: 20 }, (_, i) => images.subarray(i * 784, (i + 1) * 784));
const [digit] = digits as [Uint8Array];

/** Black, but for these pixels. */
function dots(...places: readonly (readonly [x: number, y: number, level: number])[]): Uint8Array {
  const image = new Uint8Array(784);
  for (const [x, y, level] of places) image[y * 28 + x] = level;
  return image;
}

const flat = (level: number) => new Uint8Array(784).fill(level);
const sum = (image: Uint8Array) => image.reduce((a, b) => a + b, 0);
const random = () => createRandom(1);

describe.each(perturbations.map((one) => [one.name, one] as const))("%s", (_, perturbation) => {
  test("gives other pixels of the same shape, the same for the same seed, and leaves the image alone", () => {
    const before = digit.slice();
    for (const severity of severities) {
      const once = perturb(digit, perturbation, severity, 5);
      expect(once).toBeInstanceOf(Uint8Array);
      expect(once).toHaveLength(784);
      expect(Buffer.compare(once, digit)).not.toBe(0);
      expect(perturb(digit, perturbation, severity, 5)).toEqual(once);
    }
    expect(digit).toEqual(before);
  });

  test("changes more the higher the severity", () => {
    const change = (severity: 1 | 2 | 3) =>
      digits.reduce((total, image, i) => {
        const changed = perturb(image, perturbation, severity, i);
        return total + changed.reduce((all, level, j) => all + Math.abs(level - image[j]!), 0);
      }, 0);
    expect(change(2)).toBeGreaterThan(change(1));
    expect(change(3)).toBeGreaterThan(change(2));
  });
});

test("what is drawn by lot differs from seed to seed", () => {
  const drawn = perturbations.filter((one) =>
    [1, 2, 3, 4].some(
      (seed) => Buffer.compare(perturb(digit, one, 2, 0), perturb(digit, one, 2, seed)) !== 0,
    ),
  );
  expect(drawn.map(({ name }) => name)).toEqual([
    ...["rotation", "shear", "shift", "gaussian noise", "impulse noise", "spatter", "motion blur", "stripe"],
  ]);
});

describe("with a strength that changes nothing", () => {
  test.each<[string, (image: Uint8Array) => Uint8Array]>([
    ["rotation", (image) => rotation(image, 0, random())],
    ["shear", (image) => shear(image, 0, random())],
    ["scale", (image) => scale(image, 1)],
    ["shift", (image) => shift(image, 0, random())],
    ["Gaussian noise", (image) => gaussianNoise(image, 0, random())],
    ["impulse noise", (image) => impulseNoise(image, 0, random())],
    ["spatter", (image) => spatter(image, 0, random())],
    ["thinner", (image) => thinner(image, 0)],
    ["thicker", (image) => thicker(image, 0)],
    ["contrast", (image) => contrast(image, 1)],
    ["brightness", (image) => brightness(image, 0)],
    ["stripe", (image) => stripe(image, 0, random())],
  ])("%s gives the image itself", (_, change) => {
    expect(change(digit)).toEqual(digit);
  });
});

describe("geometry", () => {
  test("a quarter turn moves every pixel to where it belongs, four of them back", () => {
    const once = rotated(digit, 90);
    for (let y = 0; y < 28; y++) {
      // Clockwise: the bottom row becomes the left column.
      for (let x = 0; x < 28; x++) expect(once[y * 28 + x]).toBe(digit[(27 - x) * 28 + y]);
    }
    expect(rotated(rotated(rotated(once, 90), 90), 90)).toEqual(digit);
  });

  test("a rotation by 30 degrees takes a blob where sine and cosine say", () => {
    const blob = dots([23, 13, 200], [23, 14, 200], [24, 13, 200], [24, 14, 200]); // around (10, 0) from the middle
    const turned = rotated(blob, 30);
    const centre = { x: 0, y: 0 };
    turned.forEach((level, i) => {
      centre.x += (level * ((i % 28) - 13.5)) / sum(turned);
      centre.y += (level * (Math.floor(i / 28) - 13.5)) / sum(turned);
    });
    expect(centre.x).toBeCloseTo(10 * Math.cos(Math.PI / 6), 1);
    expect(centre.y).toBeCloseTo(10 * Math.sin(Math.PI / 6), 1);
  });

  test("a shear moves rows by their distance from the middle", () => {
    // 4.5 rows above the middle, by 2/3: three pixels; below, the other way.
    const image = dots([13, 9, 100], [13, 18, 100]);
    const ways = [1, 2, 3, 4, 5, 6].map((seed) => Buffer.from(shear(image, 2 / 3, createRandom(seed))));
    const expected = [dots([16, 9, 100], [10, 18, 100]), dots([10, 9, 100], [16, 18, 100])];
    for (const way of ways) expect(expected.some((one) => way.equals(one))).toBe(true);
    for (const one of expected) expect(ways.some((way) => way.equals(one))).toBe(true);
  });

  test("twice as large is four times the ink, half as large a quarter", () => {
    const square = new Uint8Array(784);
    for (let y = 10; y < 18; y++) square.fill(100, y * 28 + 10, y * 28 + 18);
    expect(sum(scale(square, 2)) / sum(square)).toBeCloseTo(4, 1);
    expect(sum(scale(square, 0.5)) / sum(square)).toBeCloseTo(0.25, 2);
  });

  test("a shift goes to one of four corners, and what leaves the picture is gone", () => {
    const image = dots([5, 20, 77], [1, 1, 50]);
    const corners = [
      dots([2, 17, 77]),
      dots([8, 17, 77]),
      dots([2, 23, 77]),
      dots([8, 23, 77], [4, 4, 50]),
    ].map((one) => Buffer.from(one).toString("hex"));
    const found = Array.from({ length: 20 }, (_, seed) =>
      Buffer.from(shift(image, 3, createRandom(seed))).toString("hex"),
    );
    expect(new Set(found)).toEqual(new Set(corners));
  });
});

describe("noise", () => {
  test("of a normal distribution has its mean and deviation, and is cut off at black and white", () => {
    const noisy = Array.from({ length: 20 }, (_, seed) => gaussianNoise(flat(128), 0.1, createRandom(seed)));
    const levels = noisy.flatMap((image) => [...image]);
    const mean = levels.reduce((a, b) => a + b) / levels.length;
    const variance = levels.reduce((all, level) => all + (level - mean) ** 2, 0) / levels.length;
    // 15,680 draws: a deviation of 25.5 / sqrt(15680) = 0.2 of the mean.
    expect(Math.abs(mean - 128)).toBeLessThan(0.8);
    expect(Math.abs(Math.sqrt(variance) - 25.5)).toBeLessThan(0.6);
    const dark = gaussianNoise(flat(0), 0.1, random());
    const blacks = dark.filter((level) => level === 0).length;
    expect(Math.abs(blacks - 392)).toBeLessThan(60); // half of the draws are below 0
  });

  test("of salt and pepper hits its share of pixels, half of them white, and no others", () => {
    const levels = Array.from({ length: 20 }, (_, seed) => [
      ...impulseNoise(flat(100), 0.2, createRandom(seed)),
    ]).flat();
    const [black, white] = [0, 255].map((level) => levels.filter((one) => one === level).length);
    // 1,568 of each, with a deviation of 38.
    expect(Math.abs(black! - 1568)).toBeLessThan(150);
    expect(Math.abs(white! - 1568)).toBeLessThan(150);
    expect(levels.filter((level) => level === 100)).toHaveLength(15_680 - black! - white!);
  });

  test("of drops is light only, and of about their area", () => {
    const drops = spatter(digit, 8, random());
    expect(drops.every((level, i) => level >= digit[i]!)).toBe(true);
    const areas = Array.from({ length: 60 }, (_, seed) => sum(spatter(flat(0), 1, createRandom(seed))) / 255);
    // The mean of pi r^2 for r from 0.5 to 1.5 is 3.4; some of it lies beyond the edge.
    const mean = areas.reduce((a, b) => a + b) / areas.length;
    expect(mean).toBeGreaterThan(2.5);
    expect(mean).toBeLessThan(4.5);
  });
});

describe("blur", () => {
  test("of a dot is the Gaussian's values, and keeps the ink", () => {
    const blurred = gaussianBlur(dots([14, 14, 255]), 1.2);
    const weights = [0, 1, 2].map((d) => Math.exp(-(d ** 2) / (2 * 1.2 ** 2)));
    const total = weights[0]! + 2 * (weights[1]! + weights[2]! + Math.exp(-9 / 2.88) + Math.exp(-16 / 2.88));
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [2, 1],
    ] as const) {
      const expected = (255 * weights[dx]! * weights[dy]!) / total ** 2;
      expect(Math.abs(blurred[(14 + dy) * 28 + 14 + dx]! - expected)).toBeLessThan(1.5);
    }
    const wide = new Uint8Array(784);
    for (let y = 10; y < 18; y++) wide.fill(200, y * 28 + 10, y * 28 + 18);
    expect(sum(gaussianBlur(wide, 1.2)) / sum(wide)).toBeCloseTo(1, 2);
  });

  test("of a motion is as long as it is, in one direction, and keeps the ink", () => {
    const square = new Uint8Array(784);
    for (let y = 12; y < 16; y++) square.fill(200, y * 28 + 12, y * 28 + 16);
    /** The variance along the axis in which there is most, less that across it. */
    const spread = (image: Uint8Array) => {
      let [xx, yy, xy] = [0, 0, 0];
      image.forEach((level, i) => {
        const [x, y] = [(i % 28) - 13.5, Math.floor(i / 28) - 13.5];
        const weight = level / sum(image);
        xx += weight * x * x;
        yy += weight * y * y;
        xy += weight * x * y;
      });
      return Math.hypot(xx - yy, 2 * xy);
    };
    for (const seed of [1, 2, 3]) {
      const blurred = motionBlur(square, 6, createRandom(seed));
      expect(sum(blurred) / sum(square)).toBeCloseTo(1, 1);
      // A uniform distribution over 6 pixels has a variance of 36 / 12.
      expect(Math.abs(spread(blurred) - 3)).toBeLessThan(0.4);
    }
  });
});

describe("strokes", () => {
  // A bar three pixels thick.
  const bar = new Uint8Array(784);
  for (let y = 10; y < 13; y++) bar.fill(240, y * 28 + 5, y * 28 + 20);

  test("thinner takes from the edges, to its share", () => {
    const thin = thinner(bar, 0.5);
    expect([9, 10, 11, 12, 13].map((y) => thin[y * 28 + 12])).toEqual([0, 120, 240, 120, 0]);
    expect([4, 5, 6].map((x) => thin[11 * 28 + x])).toEqual([0, 120, 240]);
  });

  test("thicker gives to the edges, to its share", () => {
    const thick = thicker(bar, 0.25);
    expect([8, 9, 10, 12, 13, 14].map((y) => thick[y * 28 + 12])).toEqual([0, 60, 240, 240, 60, 0]);
    expect([3, 4, 5].map((x) => thick[11 * 28 + x])).toEqual([0, 60, 240]);
  });
});

describe("tone", () => {
  test("contrast draws levels to the middle, brightness lifts them", () => {
    const image = dots([0, 0, 255], [1, 0, 100]);
    expect([...contrast(image, 0.4).subarray(0, 3)]).toEqual([178, 116, 76]); // 178.5 rounds to even
    expect([...brightness(image, 0.2).subarray(0, 3)]).toEqual([255, 151, 51]);
  });

  test("a stripe lights one band within the digit's place, and ink in it stays the lightest", () => {
    for (let seed = 0; seed < 12; seed++) {
      const lit = stripe(flat(0), 8, createRandom(seed));
      const rows = Array.from({ length: 28 }, (_, y) => lit.subarray(y * 28, y * 28 + 28));
      const isLevel = rows.some((row) => row.every((level) => level === 128));
      const across = Array.from({ length: 28 }, (_, i) => lit[isLevel ? i * 28 : i]!);
      expect(across.filter((level) => level === 128)).toHaveLength(8);
      expect(across.lastIndexOf(128) - across.indexOf(128)).toBe(7);
      expect(across.indexOf(128)).toBeGreaterThanOrEqual(4);
      expect(across.lastIndexOf(128)).toBeLessThan(24);
      expect(sum(lit)).toBe(128 * 8 * 28);
      expect(stripe(flat(255), 8, createRandom(seed))).toEqual(flat(255));
    }
  });
});
