import sharp from "sharp";
import { expect, test } from "vitest";
import { firstFrame } from "../../src/node/firstFrame.ts";

const raw = { width: 8, height: 24, channels: 3, pageHeight: 8 } as const;
const three = () => sharp(Buffer.from(Array.from({ length: 8 * 24 * 3 }, (_, i) => (i * 31) % 256)), { raw });

test.each(["gif", "tiff"] as const)(
  "of a %s of three frames one is left, with the same pixels",
  async (format) => {
    const bytes = await three().toFormat(format).toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(3);
    const first = firstFrame(bytes, format);
    expect((await sharp(first).metadata()).pages ?? 1).toBe(1);
    const pixels = (file: Uint8Array) => sharp(file).raw().toBuffer();
    expect(await pixels(first)).toEqual(await pixels(bytes));
  },
);

test("what is cut short anywhere, or another format, stays as it is", async () => {
  for (const format of ["gif", "tiff"] as const) {
    const bytes = await three().toFormat(format).toBuffer();
    for (const length of [6, 8, 13, 20]) {
      const part = bytes.subarray(0, length);
      expect(firstFrame(part, format)).toEqual(part);
    }
  }
  const webp = await three().webp().toBuffer();
  expect(firstFrame(webp, "webp")).toBe(webp);
});
