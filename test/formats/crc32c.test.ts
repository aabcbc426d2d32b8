import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc32c, maskCrc } from "../../src/formats/crc32c.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

// RFC 3720, appendix B.4, and the check value of CRC-32C; masked as TensorFlow and LevelDB do.
const vectors: readonly (readonly [string, Uint8Array, number, number])[] = [
  ["nothing", new Uint8Array(0), 0x00000000, 0xa282ead8],
  ["123456789", ascii("123456789"), 0xe3069283, 0xc78ab0e5],
  ["32 bytes of 0x00", new Uint8Array(32), 0x8a9136aa, 0x0fd7fffa],
  ["32 bytes of 0xff", new Uint8Array(32).fill(0xff), 0x62a8ab43, 0xf909b029],
  ["bytes 0 to 31", Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e, 0x951f7892],
  ["bytes 31 to 0", Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c, 0x593b0d57],
];

/** The definition, a bit at a time. */
function bitwiseCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe("crc32c", () => {
  it.each(vectors)("of %s is the published value, raw and masked", (_, bytes, raw, masked) => {
    expect(crc32c(bytes)).toBe(raw);
    expect(maskCrc(raw)).toBe(masked);
  });

  it("equals the bit-by-bit definition for any range of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(100), (bytes, a, b) => {
        const [start, end] = [Math.min(a, b, bytes.length), Math.min(Math.max(a, b), bytes.length)];
        expect(crc32c(bytes, start, end)).toBe(bitwiseCrc(bytes.slice(start, end)));
      }),
    );
  });

  it("of bytes that come in pieces is that of the whole", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (first, second) => {
        const whole = Uint8Array.of(...first, ...second);
        expect(crc32c(second, 0, second.length, crc32c(first))).toBe(bitwiseCrc(whole));
      }),
    );
  });
});
