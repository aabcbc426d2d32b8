/**
 * CRC-32C (Castagnoli), the checksum of TFRecord: reflected polynomial 0x82f63b78, initial value and final xor
 * 0xffffffff (RFC 3720, section 12.1). Eight bytes a turn through eight tables ("slicing by eight", Kounavis and
 * Berry, 2005).
 */
const [T0, T1, T2, T3, T4, T5, T6, T7] = createTables();

/** `tables[k][b]`: what byte `b` becomes in the register after `k` more zero bytes. */
function createTables() {
  const empty = () => new Int32Array(256);
  const first = empty();
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    first[byte] = crc;
  }
  const tables = [first, empty(), empty(), empty(), empty(), empty(), empty(), empty()] as const;
  for (let byte = 0; byte < 256; byte++) {
    let crc = first[byte]!;
    for (const table of tables.slice(1)) {
      crc = (crc >>> 8) ^ first[crc & 255]!;
      table[byte] = crc;
    }
  }
  return tables;
}

/**
 * The CRC-32C of `bytes[start .. end)` as an unsigned 32-bit number; 0 for no bytes. `before` is the CRC of the bytes
 * that come before these, so that what arrives in pieces has the CRC of the whole.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, before = 0): number {
  let crc = ~before;
  let at = start;
  for (const last = end - 7; at < last; at += 8) {
    crc =
      T7[(crc ^ bytes[at]!) & 255]! ^
      T6[((crc >>> 8) & 255) ^ bytes[at + 1]!]! ^
      T5[((crc >>> 16) & 255) ^ bytes[at + 2]!]! ^
      T4[(crc >>> 24) ^ bytes[at + 3]!]! ^
      T3[bytes[at + 4]!]! ^
      T2[bytes[at + 5]!]! ^
      T1[bytes[at + 6]!]! ^
      T0[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

/**
 * A CRC as TFRecord stores it: rotated right by 15 bits, plus a constant, so that the checksum of data that holds
 * checksums itself stays strong. Unsigned.
 */
export function maskCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
