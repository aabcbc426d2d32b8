import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { digitFromPicture } from "../../src/image/digitFromPicture.ts";
import { decodePicture } from "../../src/node/decodePicture.ts";
import { overlap, testDigit } from "./mnistDigits.ts";

const folder = fileURLToPath(new URL("../../examples/pictures/", import.meta.url));

/** Each sample, the test digit that it was made from, whether it is dark on light, and the least overlap. */
const samples: readonly [string, number, boolean, number][] = [
  ["chalk-2.jpg", 1, false, 0.6],
  ["mnist-7.png", 0, false, 0.98],
  ["paper-3.png", 32, true, 0.6],
  ["pen-8.png", 61, true, 0.5],
  ["pencil-9.jpg", 7, true, 0.5],
  ["photo-5.jpg", 15, true, 0.5],
  ["screen-0.png", 3, false, 0.6],
  ["transparent-4.png", 4, true, 0.5],
];

test("these are all the sample pictures", () => {
  expect(readdirSync(folder).sort()).toEqual(samples.map(([name]) => name));
});

test.each(samples)("%s: the digit that it was drawn from", async (name, index, inverted, least) => {
  const picture = await decodePicture(readFileSync(`${folder}${name}`), name);
  const found = digitFromPicture(picture);
  expect(found?.inverted).toBe(inverted);
  expect(overlap(found?.pixels ?? new Uint8Array(784), testDigit(index))).toBeGreaterThan(least);
});
