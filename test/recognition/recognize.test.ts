import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import type { Picture } from "../../src/image/picture.ts";
import { loadModel, type Model, predict } from "../../src/node.ts";
import type { Classify } from "../../src/recognition/prediction.ts";
import { recognize } from "../../src/recognize.ts";
import { realImages } from "../data/realImages.ts";
import { drawing, isNearTo, type Light, onWhite, pictureOf } from "../image/drawnInk.ts";
import { meanDifference, plainPicture } from "../image/mnistDigits.ts";

let model: Model;
beforeAll(async () => {
  model = await loadModel({ threads: 1 });
});
afterAll(() => model.close());

const { images, labels } = realImages("train", 0, 20);
const digit = (index: number) => images.subarray(index * 784, (index + 1) * 784);

const read = (picture: Picture) => recognize(picture, model.classify);

/** Answers all with 3, as sure as that, and counts what it was asked. */
function always(confidence: number): { readonly classify: Classify; asked: number } {
  const self = {
    asked: 0,
    classify: (pixels: Uint8Array) => {
      const count = pixels.length / 784;
      self.asked += count;
      const rest = (1 - confidence) / 9;
      return Float32Array.from({ length: count * 10 }, (_, i) => (i % 10 === 3 ? confidence : rest));
    },
  };
  return self;
}

/** Training digits 0 to 7 in two lines, at `scale` times MNIST's size; the second line is further to the right. */
function page(scale: number, width = 330 * scale, height = 130 * scale) {
  const ink = drawing(width, height);
  for (let i = 0; i < 8; i++) {
    const [column, row] = [i % 4, i >> 2];
    ink.digit(digit(i), (20 + 40 * column + 100 * row) * scale, (15 + 50 * row + column) * scale, scale);
  }
  return ink;
}

const text = `${labels.slice(0, 4).join("")}\n${labels.slice(4, 8).join("")}`;

describe("a page of MNIST's own writing", () => {
  const scenes: readonly (readonly [string, Light])[] = [
    ["black on white", onWhite],
    ["white on black", () => ({ paper: 0, ink: 1 })],
    ["pencil in slanting light", (x, y) => ({ paper: 0.9 - 0.0005 * (x + y), ink: 0.6 - 0.0004 * (x + y) })],
    [
      "chalk on a board before a light wall",
      (x) => (x < 620 ? { paper: 0.2, ink: 0.85 } : { paper: 0.75, ink: 0.75 }),
    ],
    ["a sheet on a dark desk", (x) => (x < 610 ? { paper: 0.9, ink: 0.2 } : { paper: 0.25, ink: 0.25 })],
    [
      "pencil on a sheet with a strip of desk below",
      (_, y) => (y < 252 ? { paper: 0.7, ink: 0.45 } : { paper: 0.1, ink: 0.1 }),
    ],
  ];

  test.each(scenes)("%s is read line by line", async (_, light) => {
    const found = await read(pictureOf(page(2), light));
    expect(found?.text).toBe(text);
  });

  test("says where each digit is", async () => {
    const found = await read(pictureOf(page(2)));
    expect([found?.width, found?.height]).toEqual([660, 260]);
    expect(found?.digits.length).toBe(8);
    expect(found?.lines.flatMap(({ digits }) => digits)).toEqual(found?.digits);
    for (const [
      i,
      { box, isDigit, confidence, probabilities, pixels, digit: answer },
    ] of found!.digits.entries()) {
      const place = { x: (20 + 40 * (i % 4) + 100 * (i >> 2)) * 2, y: (15 + 50 * (i >> 2) + (i % 4)) * 2 };
      expect(isNearTo(box, inkBoxOf(digit(i), place, 2), 4)).toBe(true);
      expect(isDigit).toBe(true);
      expect(probabilities[answer]).toBe(confidence);
      expect(Math.max(...probabilities)).toBe(confidence);
      expect(probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 4);
      expect(pixels.length).toBe(784);
    }
  });

  test("in a picture of 4,000 pixels has boxes in that picture's pixels", async () => {
    const ink = drawing(4000, 150);
    for (const [i, x] of [300, 1900, 3700].entries()) ink.digit(digit(i), x, 20, 4);
    const found = await read(pictureOf(ink));
    expect(found?.digits.map((one) => one.digit)).toEqual([...labels.slice(0, 3)]);
    for (const [i, x] of [300, 1900, 3700].entries()) {
      expect(isNearTo(found!.digits[i]!.box, inkBoxOf(digit(i), { x, y: 20 }, 4), 12)).toBe(true);
    }
  });

  test("is read the same again, and left as it is", async () => {
    const picture = pictureOf(page(1));
    const before = picture.data.slice();
    const first = await read(picture);
    expect(await read(picture)).toEqual(first);
    expect(Buffer.compare(Buffer.from(picture.data), Buffer.from(before))).toBe(0);
  });
});

/** The box of what is ink in an MNIST image that was put at a place. */
function inkBoxOf(pixels: Uint8Array, at: { x: number; y: number }, scale: number) {
  const inked = [...pixels.keys()].filter((i) => pixels[i]! > 60);
  const xs = inked.map((i) => i % 28);
  const ys = inked.map((i) => Math.floor(i / 28));
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return {
    x: at.x + left * scale,
    y: at.y + top * scale,
    width: (Math.max(...xs) - left + 1) * scale,
    height: (Math.max(...ys) - top + 1) * scale,
  };
}

test("a 5 with its bar apart and a 4 in two strokes are a digit each", async () => {
  const ink = drawing(420, 200)
    .digit(digit(1), 20, 40, 4)
    .stroke([182, 62, 176, 94, 200, 90, 214, 104, 208, 126, 176, 134], 9)
    .stroke([192, 59, 220, 56], 9)
    .stroke([290, 60, 276, 104, 312, 104], 9)
    .stroke([324, 70, 318, 140], 9);
  const found = await read(pictureOf(ink));
  expect(found?.text).toBe("054");
});

/** Eight pictures of two digits that touch, and what is written in them. */
const pairs = Array.from({ length: 8 }, (_, i) => {
  const first = inkBoxOf(digit(i), { x: 30, y: 30 }, 3);
  const second = inkBoxOf(digit(i + 8), { x: 0, y: 30 }, 3);
  const ink = drawing(260, 150).digit(digit(i), 30, 30, 3);
  ink.digit(digit(i + 8), first.x + first.width - second.x - 3, 30, 3);
  return { picture: pictureOf(ink), text: `${labels[i]}${labels[i + 8]}` };
});

/** How many of the pairs are read right. */
async function rightPairs(read: (picture: Picture) => Promise<{ readonly text: string } | undefined>) {
  const answers = await Promise.all(pairs.map(({ picture }) => read(picture).catch(() => undefined)));
  return answers.filter((answer, i) => answer?.text === pairs[i]!.text).length;
}

describe("digits that touch", () => {
  test("are parted, more often than not, by what the network says of the parts", async () => {
    expect(await rightPairs(read)).toBeGreaterThanOrEqual(5);
  });

  test("are parted by what is known of parts of digits", async () => {
    expect(await rightPairs((picture) => predict(model, picture))).toBeGreaterThanOrEqual(6);
  });

  test("are parted where they touch side by side, as two 0s", async () => {
    const ink = drawing(300, 160).ring(80, 80, 32, 45, 9).ring(151, 80, 32, 45, 9);
    expect((await predict(model, pictureOf(ink))).text).toBe("00");
  });

  test("do not make others beside them be cut", async () => {
    const ink = drawing(420, 150).digit(digit(4), 20, 30, 3).digit(digit(0), 110, 30, 3);
    const box = inkBoxOf(digit(0), { x: 110, y: 30 }, 3);
    const next = inkBoxOf(digit(8), { x: 0, y: 30 }, 3);
    ink.digit(digit(8), box.x + box.width - next.x - 3, 30, 3).digit(digit(2), 300, 30, 3);
    expect((await predict(model, pictureOf(ink))).text).toBe([4, 0, 8, 2].map((i) => labels[i]).join(""));
  });
});

test("small writing beside a shadow that passes for a broad stroke is read as fine writing", async () => {
  const ink = drawing(1000, 1000).block({ x: 0, y: 300, width: 260, height: 420 }, 0.5);
  for (let i = 0; i < 8; i++) ink.digit(digit(i), 400 + 40 * (i % 4), 300 + 50 * (i >> 2), 1);
  const lines = (await read(pictureOf(ink)))?.lines.map((line) => line.text);
  expect(lines).toEqual(expect.arrayContaining(text.split("\n")));
});

test("a marker's rough digit is one digit, not many small ones in its edges and grain", async () => {
  const random = createRandom(3);
  const ink = drawing(600, 800).stroke([150, 120, 420, 120, 260, 640], 80);
  const rough: Light = () => ({ paper: 0.8 + 0.03 * random.normal(), ink: 0.3 + 0.06 * random.normal() });
  expect((await read(pictureOf(ink, rough)))?.text).toBe("7");
});

test("digits on ruled paper are read as without", async () => {
  const ink = page(2);
  for (let y = 20; y < 260; y += 40) ink.stroke([0, y, 660, y + 20], 2, 0.5);
  expect((await read(pictureOf(ink)))?.text).toBe(text);
});

describe("what is taken for no digit", () => {
  /** Sure of what fills its box, as a bar does, and of nothing else. */
  const onlyBars: Classify = (pixels) => {
    const count = pixels.length / 784;
    const rows = new Float32Array(count * 10).fill(0.1);
    for (let i = 0; i < count; i++) {
      const one = pixels.subarray(i * 784, (i + 1) * 784);
      const inked = [...one.keys()].filter((at) => one[at]! > 60);
      const columns = new Set(inked.map((at) => at % 28)).size;
      const lines = new Set(inked.map((at) => Math.floor(at / 28))).size;
      if (inked.length > 0.8 * columns * lines)
        rows.fill(0, i * 10, (i + 1) * 10).fill(1, i * 10 + 1, i * 10 + 2);
    }
    return rows;
  };

  const bars = (...xs: readonly number[]) => {
    const ink = drawing(400, 200);
    for (const x of xs) ink.stroke([x, 50, x, 150], 16);
    return ink;
  };

  test("is a question mark among digits", async () => {
    const found = await recognize(pictureOf(bars(60, 330).ring(190, 100, 35, 50, 10)), onlyBars);
    expect(found?.text).toBe("1?1");
    expect(found?.digits.map(({ isDigit }) => isDigit)).toEqual([true, false, true]);
  });

  test("alone makes no line, and a page of it has no digit", async () => {
    expect(await recognize(pictureOf(bars().ring(190, 100, 35, 50, 10)), onlyBars)).toBeUndefined();
    expect(await recognize(pictureOf(page(1)), always(0.2).classify)).toBeUndefined();
  });
});

describe("one digit", () => {
  test.each([false, true])("is what a picture of 28 x 28 pixels shows (dark ink: %s)", async (isDark) => {
    for (const index of [0, 1, 2, 3]) {
      const found = await read(plainPicture(digit(index), isDark));
      expect(found?.text).toBe(String(labels[index]));
      expect(found?.digits.length).toBe(1);
      expect(meanDifference(found!.digits[0]!.pixels, digit(index))).toBeLessThan(1);
    }
  });

  test("is asked for with `single`, of however many pieces", async () => {
    const ink = drawing(300, 300).stroke([80, 60, 60, 160, 150, 160], 12).stroke([200, 80, 190, 250], 12);
    const network = always(0.2); // even where the network does not know it
    const found = await recognize(pictureOf(ink), network.classify, { single: true });
    expect(network.asked).toBe(1);
    expect(found?.text).toBe("3");
    expect(isNearTo(found!.digits[0]!.box, { x: 54, y: 54, width: 152, height: 202 }, 6)).toBe(true);
    expect(await recognize(pictureOf(drawing(90, 90)), network.classify, { single: true })).toBeUndefined();
  });
});

describe("pictures without a digit, whatever the network would say", () => {
  const random = createRandom(5);
  const scenes: readonly (readonly [string, Light])[] = [
    ["white", onWhite],
    ["black", () => ({ paper: 0, ink: 0 })],
    ["a slope of light", (x, y) => ({ paper: 0.2 + 0.002 * x + 0.001 * y, ink: 0 })],
    ["a lamp's light", (x, y) => ({ paper: 0.9 - 0.00002 * ((x - 100) ** 2 + (y - 80) ** 2), ink: 0 })],
    ["noise", () => ({ paper: 0.7 + 0.02 * random.normal(), ink: 0 })],
  ];

  test.each(scenes)("%s", async (_, light) => {
    const picture = pictureOf(drawing(200, 160), light);
    expect(await recognize(picture, always(0.99).classify)).toBeUndefined();
  });
});

test.each([
  [1, 1],
  [1, 300],
  [300, 1],
  [3, 2],
  [41, 2],
])("a picture of %i x %i pixels is no trouble", async (width, height) => {
  const random = createRandom(6);
  const data = Uint8Array.from({ length: width * height * 4 }, () => random.below(256));
  const found = await recognize({ width, height, data }, always(0.99).classify);
  for (const { box } of found?.digits ?? []) {
    expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    expect(box.y + box.height).toBeLessThanOrEqual(height);
  }
  const blank = { width, height, data: new Uint8Array(width * height * 4).fill(255) };
  expect(await recognize(blank, always(0.99).classify)).toBeUndefined();
});

test("pixels that do not fit the size are refused", async () => {
  await expect(
    recognize({ width: 50, height: 50, data: new Uint8Array(5) }, always(1).classify),
  ).rejects.toThrow("5 bytes of pixels, expected 10000");
});
