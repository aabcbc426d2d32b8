import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { PictureBlocks } from "../../src/core/pictureBlocks.ts";
import { greyPngEncoder } from "../../src/formats/png.ts";
import { digitFromPicture } from "../../src/image/digitFromPicture.ts";
import { pictureFolder } from "../../src/node/pictureFolder.ts";
import { realDigits } from "./smallMnist.ts";

const digits = realDigits(40);
const png = greyPngEncoder(28, 28);
const pixelsOf = (index: number): Uint8Array => digits.images.subarray(index * 784, (index + 1) * 784);
const digitPng = (index: number): Uint8Array => png(pixelsOf(index));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-pictures-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(file: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), bytes);
}

/** `count` pictures in each class. */
async function putClasses(count: number, ...classes: string[]): Promise<void> {
  for (const [label, name] of classes.entries()) {
    for (let i = 0; i < count; i++) await put(`${name}/${i}.png`, digitPng((label * count + i) % 40));
  }
}

const open = (options = {}) => pictureFolder(folder, { testShare: 0.2, seed: 1, ...options });

async function allOf(blocks: PictureBlocks) {
  const pictures: { label: number; pixels: string }[] = [];
  const refused: string[] = [];
  for await (const block of blocks.blocks()) {
    for (let i = 0; i < block.count; i++) {
      const pixels = Buffer.from(block.images.subarray(i * 784, (i + 1) * 784)).toString("hex");
      pictures.push({ label: block.labels[i] ?? -1, pixels });
    }
    refused.push(...(block.refused ?? []).map(({ picture, reason }) => `${picture}: ${reason}`));
  }
  return { pictures, refused };
}

describe("classes", () => {
  test.each([
    [
      ["b", "a", "C"],
      ["C", "a", "b"],
    ],
    [
      ["10", "9", "2"],
      ["2", "9", "10"],
    ],
    [["7", "1"], [..."0123456789"]],
    [
      ["7", "1", "x"],
      ["1", "7", "x"],
    ],
  ])("folders %j are the classes %j", async (folders, classNames) => {
    await putClasses(2, ...folders);
    const opened = await open();
    expect(opened.classNames).toEqual(classNames);
    const { pictures } = await allOf(opened.train);
    expect([...new Set(pictures.map(({ label }) => classNames[label]))].sort()).toEqual([...folders].sort());
  });

  test("what begins with a dot and what lies beside the classes is not looked at", async () => {
    await putClasses(3, "a", "b");
    await put(".git/config", "x");
    await put("a/.DS_Store", "x");
    await put("notes.txt", "x");
    const { classNames, train, test } = await open();
    expect([classNames, train.count, test.count]).toEqual([["a", "b"], 4, 2]);
  });

  test.each<[string, () => Promise<unknown>, string, string]>([
    ["no such folder", () => rm(folder, { recursive: true }), "NOT_FOUND", "expected a folder, found none"],
    ["a file", async () => put("a.png", "x"), "BAD_DATA", "a subfolder for each class, 1 to 256, found 0"],
    ["a class without files", () => mkdir(join(folder, "a")), "BAD_DATA", "found an empty folder; add some"],
    ["a name for two lines", () => put("a\nb/x.png", "x"), "BAD_DATA", '"a\\nb" has control characters'],
  ])("refuses %s", async (_, make, code, message) => {
    await make();
    const error = expect.objectContaining({ code, message: expect.stringContaining(message) });
    await expect(open()).rejects.toThrow(error);
    await mkdir(folder, { recursive: true });
  });
});

describe("parts", () => {
  test("each class is parted by itself, whole, by the seed", async () => {
    await putClasses(20, "a", "b");
    const shares = async (options: object) => {
      const { train, test } = await open(options);
      const [trained, tested] = [await allOf(train), await allOf(test)];
      const counts = [trained, tested].map(({ pictures }) =>
        [0, 1].map((label) => pictures.filter((picture) => picture.label === label).length),
      );
      const all = [...trained.pictures, ...tested.pictures].map(({ pixels }) => pixels);
      expect(new Set(all).size).toBe(40);
      return { counts, train: trained.pictures, test: tested.pictures };
    };
    const first = await shares({});
    expect(first.counts).toEqual([
      [16, 16],
      [4, 4],
    ]);
    expect(await shares({})).toEqual(first);
    const other = await shares({ seed: 2 });
    expect(other.counts).toEqual(first.counts);
    expect(other.test).not.toEqual(first.test);
    expect((await shares({ testShare: 0 })).counts[1]).toEqual([0, 0]);
    expect((await shares({ testShare: 0.99 })).counts[0]).toEqual([1, 1]);
    // Mixed: not one class after the other.
    const labels = first.train.map(({ label }) => label).join("");
    expect(labels).not.toMatch(/^(0*1*|1*0*)$/);
  });

  test("few pictures that are added move few of those that are there", async () => {
    await putClasses(20, "a", "b");
    const before = await allOf((await open()).test);
    for (const name of ["a/new1.png", "b/new1.png"]) await put(name, digitPng(3));
    const after = await allOf((await open()).test);
    const kept = before.pictures.filter(({ pixels }) => after.pictures.some((one) => one.pixels === pixels));
    expect(kept.length).toBeGreaterThanOrEqual(6);
  });

  test("the fingerprint tells files, their times and the options apart", async () => {
    await putClasses(4, "a", "b");
    const seen = new Set<string>();
    const look = async (options = {}) => void seen.add((await open(options)).fingerprint);
    await look();
    await look();
    expect(seen.size).toBe(1);
    await look({ seed: 2 });
    await look({ testShare: 0.5 });
    await utimes(join(folder, "a", "0.png"), 1, 1);
    await look();
    await put("a/4.png", digitPng(5));
    await look();
    expect(seen.size).toBe(5);
  });
});

describe("pictures", () => {
  test("become what prediction makes of them, of any size and kind", async () => {
    await put("3/same.png", digitPng(0));
    const raw = { raw: { width: 28, height: 28, channels: 1 as const } };
    const large = sharp(pixelsOf(1), raw).resize(300, 300, { kernel: "cubic" }).negate();
    await put("5/large.jpg", await large.clone().jpeg({ quality: 90 }).toBuffer());
    await put("5/name says nothing.txt", await large.clone().png({ progressive: true }).toBuffer());
    const { train } = await open({ testShare: 0 });
    const { pictures, refused } = await allOf(train);
    expect(refused).toEqual([]);
    expect(pictures.map(({ label }) => label).sort()).toEqual([3, 5, 5]);
    for (const { label, pixels } of pictures) {
      const index = label === 3 ? 0 : 1;
      const rgba = Uint8Array.from({ length: 784 * 4 }, (_, i) =>
        i % 4 === 3 ? 255 : (pixelsOf(index)[i >> 2] ?? 0),
      );
      const original = digitFromPicture({ width: 28, height: 28, data: rgba })?.pixels ?? new Uint8Array();
      const found = Buffer.from(pixels, "hex");
      if (label === 3) expect(found.equals(original)).toBe(true);
      const ink = (level: (i: number) => number) =>
        Array.from({ length: 784 }, (_, i) => level(i)).reduce((a, b) => a + b);
      const shared = ink((i) => Math.min(found[i] ?? 0, original[i] ?? 0));
      expect(shared / ink((i) => original[i] ?? 0)).toBeGreaterThan(0.8);
    }
  });

  test("that cannot be used are named with the reason, and the others go on", async () => {
    await putClasses(2, "a", "b");
    const whole = await sharp(pixelsOf(2), { raw: { width: 28, height: 28, channels: 1 } })
      .resize(100)
      .jpeg()
      .toBuffer();
    await put("a/cut.jpg", whole.subarray(0, whole.length / 2));
    await put("a/empty.png", "");
    await put("a/blank.png", png(new Uint8Array(784)));
    await put("a/notes.txt", "not a picture");
    await put("a/anim.gif", "GIF89a...");
    const bomb = Uint8Array.from(digitPng(0));
    new DataView(bomb.buffer).setUint32(16, 65_536);
    new DataView(bomb.buffer).setUint32(20, 65_536);
    await put("b/bomb.png", bomb);
    await put("b/long.png", new Uint8Array(20_000_001));
    await put("b/deeper/x.png", digitPng(1));
    await symlink(join(folder, "nowhere"), join(folder, "b", "gone.png"));
    const { train, test } = await open();
    const [trained, tested] = [await allOf(train), await allOf(test)];
    expect(trained.pictures.length + tested.pictures.length).toBe(4);
    const refused = [...trained.refused, ...tested.refused].sort();
    const reasons = [
      /^a\/anim\.gif: a GIF image, and only PNG and JPEG are read/,
      /^a\/blank\.png: nothing is drawn in it$/,
      /^a\/cut\.jpg: the JPEG image cannot be decoded/,
      /^a\/empty\.png: the file is empty/,
      /^a\/notes\.txt: not a PNG or JPEG image \(it begins with "not a pic…"\)/,
      /^b\/bomb\.png: /,
      /^b\/deeper: it is a folder within a class's folder$/,
      /^b\/gone\.png: it cannot be looked at \(ENOENT\)$/,
      /^b\/long\.png: it has 20,000,001 bytes, and at most 20,000,000 are read$/,
    ];
    expect(refused).toHaveLength(reasons.length);
    for (const [index, reason] of reasons.entries()) expect(refused[index]).toMatch(reason);
    expect(train.count + test.count).toBe(4 + refused.length);
  });

  test("a class of which none can be used fails, with an example", async () => {
    await putClasses(2, "a");
    await put("b/1.png", "no");
    const { train } = await open();
    await expect(allOf(train)).rejects.toThrow(
      expect.objectContaining({
        code: "BAD_DATA",
        message: expect.stringMatching(
          /b: expected PNG or JPEG pictures.* \(b\/1\.png: not a PNG or JPEG image/,
        ),
      }),
    );
  });

  test("more than a block, in the same order whichever is decoded first", async () => {
    await putClasses(150, "a", "b");
    const { train } = await open({ testShare: 0 });
    const sizes: number[] = [];
    for await (const block of train.blocks()) sizes.push(block.count);
    expect(sizes).toEqual([256, 44]);
    expect(await allOf(train)).toEqual(await allOf((await open({ testShare: 0 })).train));
  });

  test("stops when it is told to", async () => {
    await putClasses(2, "a", "b");
    const { train } = await open({ signal: AbortSignal.abort() });
    await expect(allOf(train)).rejects.toThrow(expect.objectContaining({ code: "INTERRUPTED" }));
  });
});
