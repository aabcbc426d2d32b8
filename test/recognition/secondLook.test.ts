import { describe, expect, test } from "vitest";
import type { ShippedWeights } from "../../src/core/shippedModels.ts";
import type { Picture } from "../../src/image/picture.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { createLibrary, type LoadOptions, type PredictOptions } from "../../src/predict.ts";
import type { Candidate } from "../../src/recognition/candidate.ts";
import type { Classify } from "../../src/recognition/prediction.ts";
import { withSecondLook } from "../../src/recognition/secondLook.ts";
import { testDigit } from "../image/mnistDigits.ts";

const box = { x: 0, y: 0, width: 28, height: 28 };

/** A dot at (x, y), and what a network said of it. */
function dotAt(x: number, y: number, probabilities: readonly number[]): Candidate {
  const pixels = new Uint8Array(784);
  pixels[28 * y + x] = 255;
  const digit = probabilities.indexOf(Math.max(...probabilities));
  return { box, pixels, probabilities, digit, confidence: probabilities[digit]! };
}

/** Answers each image by where its dot is, and counts them. */
function network(answer: (x: number, y: number) => readonly number[]) {
  const seen: number[] = [];
  const classify = (pixels: Uint8Array) => {
    const count = pixels.length / 784;
    seen.push(count);
    return Float32Array.from(
      Array.from({ length: count }, (_, i) => {
        const at = pixels.subarray(784 * i, 784 * (i + 1)).indexOf(255);
        return answer(at % 28, Math.floor(at / 28));
      }).flat(),
    );
  };
  return { classify, seen };
}

async function loadNone(): Promise<Classify> {
  throw new Error("another network is asked for");
}

describe("a second look", () => {
  test("does not ask for another network where nothing is unsure", async () => {
    const { classify, seen } = network(() => [0, 1]);
    const lines = [[dotAt(3, 3, [0.99, 0.01])]];
    expect(await withSecondLook(lines, classify, loadNone)).toEqual(lines);
    expect(seen).toEqual([]);
  });

  test("is the mean over the digit as it is and moved by a pixel in four directions, for unsure ones only", async () => {
    const { classify, seen } = network((x, y) =>
      x === 10 && y === 10 ? [0.5, 0.5] : x > 10 ? [1, 0] : [0, 1],
    );
    const sure = dotAt(3, 3, [0.99, 0.01]);
    const unsure = dotAt(10, 10, [0.6, 0.4]);
    const [first, second] = (await withSecondLook([[sure], [unsure]], classify)).flat();
    expect(first).toBe(sure);
    expect(seen).toEqual([5]);
    // As it is 0.5; to the right 1; to the left, up and down 0.
    expect(second!.probabilities[0]).toBeCloseTo(0.3, 6);
    expect([second!.digit, second!.confidence]).toEqual([1, second!.probabilities[1]]);
  });

  test("is not worth it where more is unsure than a page has of digits", async () => {
    const { classify, seen } = network(() => [0, 1]);
    const texture = Array.from({ length: 51 }, () => dotAt(10, 10, [0.6, 0.4]));
    expect(await withSecondLook([texture], classify, loadNone)).toEqual([texture]);
    expect(seen).toEqual([]);
  });

  test("is another network's where there is one", async () => {
    const own = network(() => [0.8, 0.2]);
    const other = network(() => [0.2, 0.8]);
    const lines = [[dotAt(10, 10, [0.8, 0.2])]];
    const [one] = (await withSecondLook(lines, own.classify, async () => other.classify)).flat();
    expect(one!.probabilities[1]).toBeCloseTo(0.8, 6);
    expect(one!.digit).toBe(1);
    expect([own.seen, other.seen]).toEqual([[], [5]]);
  });
});

describe("the other network", () => {
  /** A test digit in a picture that may be a page. */
  function pageWith(index: number): Picture {
    const [width, height] = [56, 56];
    const data = new Uint8Array(width * height * 3).fill(255);
    const digit = testDigit(index);
    for (let i = 0; i < 784; i++) {
      const at = (14 + Math.floor(i / 28)) * width + 14 + (i % 28);
      data.fill(255 - digit[i]!, 3 * at, 3 * at + 3);
    }
    return { width, height, data };
  }

  const clear = { text: "7", page: pageWith(0) };
  const unclear = { text: "5", page: pageWith(340) };

  test.each<[string, typeof clear, LoadOptions, PredictOptions, readonly ShippedWeights[]]>([
    ["helps the default model with pages", unclear, {}, {}, ["lenet", "parts", "best"]],
    ["is not loaded where all is clear", clear, {}, {}, ["lenet", "parts"]],
    ["does not help it with a single digit", unclear, {}, { single: true }, ["lenet"]],
    ["does not help another model", unclear, { model: "lenet5" }, {}, ["lenet5", "parts"]],
  ])("%s", async (_, { text, page }, load, options, expected) => {
    const asked: ShippedWeights[] = [];
    const library = createLibrary({
      ...nodePlatform,
      openShippedWeights(name) {
        asked.push(name);
        return nodePlatform.openShippedWeights(name);
      },
    });
    const model = await library.loadModel({ ...load, threads: 1 });
    const prediction = await library.predict(model, page, options);
    await library.predict(model, page, options);
    model.close();
    expect(prediction.text).toBe(text);
    expect(asked).toEqual(expected);
  });

  test("that could not be read is asked for again with the next page", async () => {
    let isThere = false;
    const library = createLibrary({
      ...nodePlatform,
      async openShippedWeights(name) {
        if (name === "best" && !isThere) throw new Error("the network is down");
        return nodePlatform.openShippedWeights(name);
      },
    });
    const model = await library.loadModel({ threads: 1 });
    await expect(library.predict(model, unclear.page)).rejects.toThrow("the network is down");
    isThere = true;
    expect((await library.predict(model, unclear.page)).text).toBe(unclear.text);
    model.close();
  });
});
