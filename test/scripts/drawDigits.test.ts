import { expect, test } from "vitest";
import { type DrawnDigit, drawDigit } from "../../scripts/draw-digits/drawDigit.ts";
import { encoded, fileName } from "../../scripts/draw-digits/encode.ts";
import { skeletons } from "../../scripts/draw-digits/skeletons.ts";
import { digitFromPicture } from "../../src/image/digitFromPicture.ts";
import type { Picture } from "../../src/image/picture.ts";
import { decodePicture } from "../../src/node/decodePicture.ts";

/** Each digit scanned and photographed, as PNG and as JPEG. */
const drawn = Array.from({ length: 40 }, (_, index) => drawDigit(7, index));

function pictureOf({ width, height, pixels }: DrawnDigit): Picture {
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++) data.set(pixels.subarray(i * 3, i * 3 + 3), i * 4);
  return { width, height, data };
}

test("the same seed gives the same bytes, alone or among others, and another seed others", async () => {
  const [first, again, other] = [drawn[13]!, drawDigit(7, 13), drawDigit(8, 13)];
  expect(again).toEqual(first);
  expect(await encoded(again)).toEqual(await encoded(first));
  expect(other.pixels).not.toEqual(first.pixels);
});

test("every ten pictures are the ten digits, groups and formats take turns within each digit", () => {
  for (let digit = 0; digit < 10; digit++) {
    const same = drawn.filter((one) => one.digit === digit);
    expect(
      same.map(({ group, quality }) => `${group} ${quality === undefined ? "png" : "jpg"}`).sort(),
    ).toEqual(["photo jpg", "photo png", "scan jpg", "scan png"]);
  }
});

test("a group of one's own is held to, and light pens are on dark boards alone", () => {
  for (const group of ["scan", "photo"] as const) {
    for (let index = 0; index < 6; index++) {
      const one = drawDigit(3, index, group);
      expect(one.group).toBe(group);
      expect(one.paper === "board").toBe(one.pen === "chalk");
      if (group === "scan") expect(["plain", "screen"]).toContain(one.paper);
    }
  }
});

test("sides and qualities are within their bounds", () => {
  for (const { width, height, pixels, quality = 95 } of drawn) {
    expect(Math.min(width, height)).toBeGreaterThanOrEqual(40);
    expect(Math.max(width, height)).toBeLessThanOrEqual(800);
    expect(pixels.length).toBe(width * height * 3);
    expect(quality).toBeGreaterThanOrEqual(40);
    expect(quality).toBeLessThanOrEqual(95);
  }
});

test("files are what their names say, of the same size", async () => {
  for (const [index, one] of drawn.slice(0, 20).entries()) {
    const name = fileName(index, one);
    expect(name).toMatch(
      /^\d{4}-[a-z-]+\.[a-z-]+\.(plain|ruled|squared|board|screen)\.(scan|photo)\.(png|jpg)$/,
    );
    const bytes = await encoded(one);
    expect(bytes[0] === 0xff).toBe(name.endsWith(".jpg"));
    const { width, height } = await decodePicture(bytes, name);
    expect([width, height]).toEqual([one.width, one.height]);
  }
});

test("a scanned digit is 30 to 90 % of its picture's shorter side and lies whole within it", () => {
  for (const one of drawn.filter(({ group }) => group === "scan")) {
    const box = digitFromPicture(pictureOf(one))?.box;
    expect(box).toBeDefined();
    if (box === undefined) continue;
    const shorter = Math.min(one.width, one.height);
    const share = Math.max(box.width, box.height) / shorter;
    expect(share).toBeGreaterThan(0.28);
    expect(share).toBeLessThan(1);
    expect(Math.min(box.x, box.y)).toBeGreaterThan(0);
    expect(box.x + box.width).toBeLessThan(one.width);
    expect(box.y + box.height).toBeLessThan(one.height);
  }
});

test("each digit is written in several ways that have names of their own", () => {
  expect(skeletons.length).toBe(10);
  for (const styles of skeletons) {
    expect(styles.length).toBeGreaterThanOrEqual(3);
    expect(new Set(styles.map(({ style }) => style)).size).toBe(styles.length);
  }
});
