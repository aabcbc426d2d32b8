import { expect, test } from "vitest";
import { imageType } from "../../src/image/imageType.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

test.each([
  ["png", hex("89 50 4e 47 0d 0a 1a 0a 00 00 00 0d")],
  ["jpeg", hex("ff d8 ff e0 00 10 4a 46 49 46")],
  ["jpeg", hex("ff d8 ff db")],
  ["webp", ascii("RIFF\x24\0\0\0WEBPVP8 ")],
  ["gif", ascii("GIF89a\x01\0\x01\0")],
  ["gif", ascii("GIF87a")],
  ["bmp", hex("42 4d 46 00 00 00 00 00 00 00 36 00 00 00 28 00 00 00")],
  ["tiff", hex("49 49 2a 00")],
  ["tiff", hex("4d 4d 00 2a")],
  ["avif", ascii("\0\0\0\x20ftypavif")],
  ["heic", ascii("\0\0\0\x18ftypheic")],
])("%s by its first bytes", (type, bytes) => {
  expect(imageType(bytes)).toBe(type);
});

test.each([
  ["nothing", new Uint8Array(0)],
  ["a text", ascii("hello world")],
  ["a text that begins like a BMP", ascii("BMX is a kind of bicycle race.")],
  ["an SVG", ascii('<svg xmlns="http://www.w3.org/2000/svg">')],
  ["a PNG whose line ends were changed", hex("89 50 4e 47 0a 1a 0a 00")],
  ["half a PNG signature", hex("89 50 4e 47")],
  ["a RIFF that is sound", ascii("RIFF\x24\0\0\0WAVEfmt ")],
  ["an MP4 film", ascii("\0\0\0\x20ftypisom")],
])("%s is none", (_, bytes) => {
  expect(imageType(bytes)).toBeUndefined();
});
