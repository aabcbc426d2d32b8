import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { plainJpegHeader } from "../../src/node/plainJpeg.ts";

const photo = sharp({ create: { width: 60, height: 40, channels: 3, background: "white" } });

describe("plainJpegHeader", () => {
  test("has the size of a baseline JPEG, whatever else is in its header", async () => {
    expect(plainJpegHeader(await photo.clone().jpeg().toBuffer())).toEqual({ width: 60, height: 40 });
    const withMore = photo.clone().withMetadata({ orientation: 6 }).withIccProfile("srgb");
    expect(plainJpegHeader(await withMore.jpeg().toBuffer())).toEqual({ width: 60, height: 40 });
  });

  test("leaves a progressive JPEG, which is decoded as a whole, to others", async () => {
    expect(plainJpegHeader(await photo.clone().jpeg({ progressive: true }).toBuffer())).toBeUndefined();
  });

  test("says nothing of a header that is cut short or damaged", async () => {
    const jpeg = await photo.clone().jpeg().toBuffer();
    const frame = jpeg.indexOf(Uint8Array.of(0xff, 0xc0));
    for (let length = 0; length < frame + 9; length++) {
      expect(plainJpegHeader(jpeg.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
    for (let at = 2; at < frame; at++) {
      const damaged = Uint8Array.from(jpeg);
      damaged[at] = 0xff - damaged[at]!;
      const header = plainJpegHeader(damaged);
      expect(header === undefined || header.width === 60, `byte ${at}`).toBe(true);
    }
  });
});
