import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bestVariant } from "../src/engine/wasmBackend.ts";
import { lenet, lenet5 } from "../src/lenet.ts";
import { decodePicture } from "../src/node/decodePicture.ts";
import { type LoadOptions, loadModel, MnistError, type Model, type Picture, predict } from "../src/node.ts";
import { quickModel } from "./data/quickModel.ts";
import { realImages } from "./data/realImages.ts";
import { plainPicture } from "./image/mnistDigits.ts";

const pictures = fileURLToPath(new URL("../examples/pictures/", import.meta.url));
const picturePath = join(pictures, "paper-3.png");
let weights: Uint8Array;
let folder = "";
let model: Model;

const load = (options: LoadOptions = {}) => loadModel({ weights, threads: 1, ...options });

beforeAll(async () => {
  weights = await quickModel();
  folder = await mkdtemp(join(tmpdir(), "mnist-library-"));
  await writeFile(join(folder, "model.safetensors"), weights);
  model = await load();
});
afterAll(async () => {
  model.close();
  await rm(folder, { recursive: true });
});

const refused = (code: MnistError["code"], message: string | RegExp) =>
  expect.objectContaining({
    code,
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });

describe("loadModel", () => {
  test("takes bytes, a path and the URL of a file alike", async () => {
    const { images } = realImages("t10k", 0, 3);
    const expected = model.classify(images);
    const path = join(folder, "model.safetensors");
    for (const one of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      const other = await load({ weights: one });
      expect(other.definition).toEqual(lenet5);
      expect(other.threads).toBe(1);
      expect(other.classify(images)).toEqual(expected);
      other.close();
    }
  });

  test("computes on what the host has, or on what is asked for, to the same probabilities", async () => {
    expect(model.variant).toBe(bestVariant() ?? "reference");
    const reference = await load({ variant: "reference" });
    expect(reference.variant).toBe("reference");
    const { images } = realImages("t10k", 0, 20);
    const [a, b] = [model.classify(images), reference.classify(images)];
    for (const [i, probability] of a.entries())
      expect(Math.abs(probability - (b[i] ?? 1))).toBeLessThan(1e-5);
    reference.close();
  });

  test.each<[string, LoadOptions["weights"], MnistError["code"], RegExp]>([
    [
      "a missing file",
      "/nowhere/model.safetensors",
      "NOT_FOUND",
      /^\/nowhere\/model\.safetensors: there is no such file/,
    ],
    [
      "bytes that are none",
      Buffer.from("these are no weights, but a text"),
      "BAD_CHECKPOINT",
      /^weights: .*safetensors file\?$/,
    ],
    ["a picture", picturePath, "BAD_CHECKPOINT", /paper-3\.png: /],
    [
      "a server that is not public",
      "http://127.0.0.1:1/model",
      "NETWORK",
      /127\.0\.0\.1 is not a public address/,
    ],
  ])("refuses %s", async (_, wrong, code, message) => {
    await expect(loadModel({ ...(wrong && { weights: wrong }), threads: 1 })).rejects.toThrow(
      refused(code, message),
    );
  });
});

describe("the shipped weights", () => {
  test("are what is loaded unless others are given, and read the sample pictures and MNIST", async () => {
    const shipped = await loadModel({ threads: 1 });
    expect(shipped.definition).toEqual(lenet);
    const names = (await readdir(pictures)).filter((name) => /\.(png|jpg)$/.test(name));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const { text } = await predict(shipped, join(pictures, name));
      expect(Number(text), name).toBe(Number(/-(\d)\./.exec(name)?.[1]));
    }
    const { images, labels, count } = realImages("t10k", 0, 300);
    const probabilities = shipped.classify(images);
    shipped.close();
    const right = labels.filter((label, i) => {
      const row = probabilities.subarray(i * 10, i * 10 + 10);
      return row.indexOf(Math.max(...row)) === label;
    });
    expect(right.length / count).toBeGreaterThanOrEqual(0.98);
  });
});

describe("weights read on demand", () => {
  // Of an image alone: many at once go another way through the kernels, so that a last bit may differ.
  test.each(["simd128", "reference"] as const)("give the very same probabilities (%s)", async (variant) => {
    const count = variant === "reference" ? 1 : 5;
    const { images } = realImages("t10k", 20, count);
    const [kept, onDemand] = await Promise.all([
      loadModel({ threads: 1, variant }),
      loadModel({ threads: 1, variant, onDemand: true }),
    ]);
    const found = onDemand.classify(images);
    for (let i = 0; i < count; i++) {
      const expected = kept.classify(images.subarray(i * 784, (i + 1) * 784));
      expect(found.subarray(i * 10, (i + 1) * 10)).toEqual(expected);
    }
    expect(onDemand.classify(new Uint8Array())).toEqual(new Float32Array());
    for (const one of [kept, onDemand]) one.close();
  });

  test("a small network's, and those in memory, work as well", async () => {
    const { images } = realImages("t10k", 0, 1);
    const onDemand = await load({ onDemand: true });
    expect(onDemand.classify(images)).toEqual(model.classify(images));
    onDemand.close();
    expect(() => onDemand.classify(images)).toThrow(refused("BAD_ARGUMENT", /the model is closed/));
  });

  test("a file that became shorter is an error of the call that wants it", async () => {
    const shipped = await readFile(new URL("../models/lenet.safetensors", import.meta.url));
    const path = join(folder, "shorter.safetensors");
    await writeFile(path, shipped);
    const onDemand = await loadModel({ weights: path, threads: 1, onDemand: true });
    await truncate(path, 4_000_000);
    expect(() => onDemand.classify(new Uint8Array(784))).toThrow(
      refused("BAD_DATA", /shorter\.safetensors: it ends at byte 4000000, expected \d+ bytes/),
    );
    onDemand.close();
  });
});

describe("classify", () => {
  test("a batch of n is the same as one by one", () => {
    const count = 133; // more than one plan's 128, and a rest
    const { images, labels } = realImages("t10k", 0, count);
    const together = model.classify(images);
    expect(together).toHaveLength(count * 10);
    // Few images go another way through the kernels than many, so that a last bit may differ.
    const same = (few: Float32Array, from: number) => {
      for (const [j, probability] of few.entries()) {
        expect(Math.abs(probability - (together[from * 10 + j] ?? 1))).toBeLessThan(1e-6);
      }
    };
    let right = 0;
    for (let i = 0; i < count; i++) {
      const alone = model.classify(images.subarray(i * 784, (i + 1) * 784));
      same(alone, i);
      expect(Math.abs(alone.reduce((a, b) => a + b) - 1)).toBeLessThan(1e-5);
      if (alone.indexOf(Math.max(...alone)) === labels[i]) right++;
    }
    expect(right / count).toBeGreaterThan(0.85);
    same(model.classify(images.subarray(50 * 784, 57 * 784)), 50);
  });

  test("no image at all gives no probability", () => {
    expect(model.classify(new Uint8Array())).toEqual(new Float32Array());
  });

  test.each([1, 783, 785])("%i bytes are no image", (length) => {
    expect(() => model.classify(new Uint8Array(length))).toThrow(
      refused(
        "BAD_ARGUMENT",
        `classify: expected images of 28x28x1, a multiple of 784 bytes, found ${length}`,
      ),
    );
  });

  test("a result is the caller's own: the next call does not change it", () => {
    const { images } = realImages("t10k", 0, 2);
    const first = model.classify(images.subarray(0, 784));
    const before = first.slice();
    model.classify(images.subarray(784));
    expect(first).toEqual(before);
  });

  test("a closed model says so, and may be closed again", async () => {
    const closed = await load();
    closed.close();
    closed.close();
    expect(() => closed.classify(new Uint8Array(784))).toThrow(
      refused("BAD_ARGUMENT", /^classify: the model is closed/),
    );
    // Others go on.
    expect(model.classify(new Uint8Array(784))).toHaveLength(10);
  });
});

describe("predict", () => {
  test("takes a path, a URL, bytes, a Blob and decoded pixels alike", async () => {
    const bytes = await readFile(picturePath);
    const expected = await predict(model, picturePath);
    expect(expected).toMatchObject({
      text: "3",
      lines: [{ text: "3" }],
      digits: [{ digit: 3, isDigit: true }],
    });
    const [{ confidence, probabilities, pixels } = expect.fail()] = expected.digits;
    expect(confidence).toBe(Math.max(...probabilities));
    expect(pixels).toHaveLength(784);
    // What the network saw is what it was asked about.
    expect(probabilities).toEqual([...model.classify(pixels)]);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const picture: Picture = await decodePicture(bytes, "paper-3.png");
    const url = pathToFileURL(picturePath);
    for (const source of [url, url.href, bytes, new Uint8Array(bytes), buffer, new Blob([bytes]), picture]) {
      expect(await predict(model, source)).toEqual(expected);
    }
  });

  test("reads an MNIST digit, light on dark or dark on light", async () => {
    const { images, labels } = realImages("t10k", 0, 10);
    let right = 0;
    for (const [i, label] of labels.entries()) {
      const digit = images.subarray(i * 784, (i + 1) * 784);
      const found = await predict(model, plainPicture(digit, false));
      expect(found.text).toBe((await predict(model, plainPicture(digit, true))).text);
      if (found.text === String(label)) right++;
    }
    expect(right).toBeGreaterThanOrEqual(8);
  });

  const blank: Picture = { width: 10, height: 10, data: new Uint8Array(400).fill(255) };
  test.each<[string, Parameters<typeof predict>[1], MnistError["code"], string | RegExp]>([
    ["a missing file", "/nowhere/digit.png", "NOT_FOUND", /^\/nowhere\/digit\.png: there is no such file/],
    ["bytes that are no image", Buffer.from("text"), "BAD_IMAGE", /^picture: not a PNG or JPEG image /],
    [
      "an empty picture",
      blank,
      "BAD_IMAGE",
      "picture: no digit found; the picture is blank, or nothing in it looks like a digit",
    ],
    [
      "pixels that do not fit",
      { ...blank, width: 11 },
      "BAD_IMAGE",
      /^picture: 400 bytes of pixels, expected 440 /,
    ],
    ["an address in this network", new URL("http://127.0.0.1:1/a.png"), "NETWORK", /is not a public address/],
    ["another scheme", "ftp://example.org/a.png", "NETWORK", /the scheme is "ftp"/],
  ])("refuses %s", async (_, source, code, message) => {
    await expect(predict(model, source)).rejects.toThrow(refused(code, message));
  });

  test("a name is what messages call the picture", async () => {
    await expect(predict(model, blank, { name: "page 7" })).rejects.toThrow("page 7: no digit found");
    await expect(predict(model, Buffer.from("text"), { name: "page 7" })).rejects.toThrow(
      "page 7: not a PNG",
    );
  });

  test("can be interrupted", async () => {
    const options = { signal: AbortSignal.abort(), allowPrivate: true };
    await expect(predict(model, "http://127.0.0.1:1/a.png", options)).rejects.toThrow(
      refused("INTERRUPTED", /interrupted/),
    );
  });
});

test("errors are of one class with a code", async () => {
  const error: unknown = await predict(model, "/nowhere").catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(MnistError);
  expect(error).toBeInstanceOf(Error);
  expect((error as MnistError).name).toBe("MnistError");
});
