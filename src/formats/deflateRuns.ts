/**
 * Deflate (RFC 1951) for small pictures with even areas: one block of the fixed Huffman codes whose only matches
 * are runs of one byte (distance 1), as in zlib's Z_RLE with Z_FIXED. It needs no tables built per call, which is
 * what makes it some twenty times as fast as a general compressor on pictures of a few hundred bytes.
 */

/** A bound for what {@link deflateRuns} writes for `length` bytes. */
export function deflateRunsBound(length: number): number {
  return Math.ceil((length * 9 + 10) / 8) + 8;
}

const minimumMatch = 3;
const maximumMatch = 258;

// Fixed codes (RFC 1951, 3.2.6), bits reversed since Huffman codes are packed from their highest bit on.
const literalCode = new Uint16Array(288);
const literalBits = new Uint8Array(288);
for (let symbol = 0; symbol < 288; symbol++) {
  const [code, bits] =
    symbol < 144
      ? [0x30 + symbol, 8]
      : symbol < 256
        ? [0x190 + symbol - 144, 9]
        : symbol < 280
          ? [symbol - 256, 7]
          : [0xc0 + symbol - 280, 8];
  literalCode[symbol] = reverseBits(code, bits);
  literalBits[symbol] = bits;
}

// For each match length its length code, the extra bits after it and distance code 0 (five zero bits), as one
// number (RFC 1951, 3.2.5).
const matchCode = new Uint32Array(maximumMatch + 1);
const matchBits = new Uint8Array(maximumMatch + 1);
for (let code = 257, length = minimumMatch; code < 285; code++) {
  const extraBits = code < 265 ? 0 : (code - 261) >> 2;
  for (let extra = 0; extra < 1 << extraBits; extra++, length++) setMatch(length, code, extra, extraBits);
}
setMatch(maximumMatch, 285, 0, 0);

function setMatch(length: number, code: number, extra: number, extraBits: number): void {
  const bits = literalBits[code] ?? 0;
  matchCode[length] = (literalCode[code] ?? 0) | (extra << bits);
  matchBits[length] = bits + extraBits + 5;
}

function reverseBits(code: number, bits: number): number {
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed |= ((code >> bit) & 1) << (bits - 1 - bit);
  return reversed;
}

/** Writes the deflate stream of `input` into `output` at `start`; gives the offset of its end. */
export function deflateRuns(input: Uint8Array, output: Uint8Array, start: number): number {
  let at = start;
  let pending = 0b011; // the last block, fixed codes
  let pendingBits = 3;
  const put = (code: number, bits: number): void => {
    pending |= code << pendingBits;
    pendingBits += bits;
    while (pendingBits >= 8) {
      output[at++] = pending;
      pending >>>= 8;
      pendingBits -= 8;
    }
  };
  for (let i = 0; i < input.length; ) {
    const value = input[i] as number;
    put(literalCode[value] as number, literalBits[value] as number);
    i++;
    let run = 0;
    while (run < maximumMatch && i + run < input.length && input[i + run] === value) run++;
    if (run >= minimumMatch) {
      put(matchCode[run] as number, matchBits[run] as number);
      i += run;
    }
  }
  put(0, 7); // end of block
  if (pendingBits > 0) output[at++] = pending;
  return at;
}
