import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { pngChunk } from "./damage.mjs";

const PNG = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
const END = pngChunk("IEND", Buffer.alloc(0));

/** A PNG of `width` x `height` whose rows, filters included, are `rows`; `before` are chunks ahead of the pixels. */
function png(width, height, { bits = 8, color = 0, interlaced = 0, rows, before = [] }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([bits, color, 0, 0, interlaced], 8);
  const data = pngChunk("IDAT", deflateSync(rows, { level: 1 }));
  return Buffer.concat([PNG, pngChunk("IHDR", header), ...before, data, END]);
}

/** Rows of `length` bytes, each pixel by `value(x, y)`, without a filter. */
function rowsOf(length, height, value) {
  const rows = Buffer.alloc((length + 1) * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < length; x++) rows[y * (length + 1) + 1 + x] = value(x, y);
  return rows;
}

/** A whole number below `most` that depends on a place alone. */
function hashed(x, y, most) {
  const mixed = Math.imul(Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77), 0xc2b2ae3d);
  return (mixed >>> 9) % most;
}

/** Textures of 2,400 x 2,400, each with something in it that is looked at for long: ink is 0. */
const textures = {
  salt: (x, y) => (hashed(x >> 3, y, 14) === 0 ? 0 : 255),
  pepper: (x, y) => (hashed(x, y, 10) === 0 ? 0 : 255),
  tiles: (x, y) => (((x / 6) & 1) ^ ((y / 6) & 1)) * 255,
  maze: (x, y) => ((hashed(x >> 3, y >> 3, 2) ? x : y) % 8 < 2 ? 0 : 255),
  "slanted-maze": (x, y) =>
    Math.abs(hashed(x >> 4, y >> 4, 2) ? (x & 15) - (y & 15) : 15 - (x & 15) - (y & 15)) < 3 ? 0 : 255,
  "slanted-stripes": (x, y) => ((x + y) % 20 < 6 ? 0 : 255),
  comb: (x, y) => (y < 3 || x % 6 < 2 ? 0 : 255),
  grid: (x, y) => (y % 16 < 2 || x % 16 < 2 ? 0 : 255),
  spiral: (x, y) => {
    const turn = Math.atan2(y - 1200, x - 1200) / Math.PI / 2;
    return (Math.hypot(x - 1200, y - 1200) + turn * 20) % 20 < 6 ? 0 : 255;
  },
  halftone: (x, y) => (Math.hypot((x % 8) - 4, (y % 8) - 4) < x / 600 ? 0 : 255),
  rings: (x, y) => (Math.abs(Math.hypot(((x % 12) - 6) * 1.4, (y % 12) - 6) - 4.2) < 1.9 ? 0 : 255),
  zeros: (x, y) => (Math.abs(Math.hypot(((x % 48) - 24) * 1.4, (y % 48) - 24) - 17) < 4.7 ? 0 : 255),
  waves: (x, y) => 128 + 127 * Math.sin((x * x + y * y) / 3000),
  terraces: (x, y) => 255 - ((x * y) % 251),
};

/** A GIF of a canvas with `count` frames of one pixel. */
function gif(width, height, count) {
  const head = Buffer.from("GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff", "latin1");
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  const frame = Buffer.from(",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0", "latin1");
  return Buffer.concat([head, ...Array(count).fill(frame), Buffer.from(";")]);
}

/** A TIFF whose directory number i is followed by that which `next(i)` says; all are of one pixel. */
function tiff(count, next) {
  const entries = [
    [256, 3, 1, 1],
    [257, 3, 1, 1],
    [258, 3, 1, 8],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [273, 4, 1, 8],
    [277, 3, 1, 1],
    [278, 3, 1, 1],
    [279, 4, 1, 1],
  ];
  const size = 2 + entries.length * 12 + 4;
  const place = (i) => 16 + i * size;
  const file = Buffer.alloc(place(count));
  file.write("II*\0", 0, "latin1");
  file.writeUInt32LE(place(0), 4);
  for (let i = 0; i < count; i++) {
    file.writeUInt16LE(entries.length, place(i));
    for (const [k, [tag, type, n, value]] of entries.entries()) {
      const at = place(i) + 2 + k * 12;
      file.writeUInt16LE(tag, at);
      file.writeUInt16LE(type, at + 2);
      file.writeUInt32LE(n, at + 4);
      file.writeUInt32LE(value, at + 8);
    }
    const following = next(i);
    file.writeUInt32LE(following < 0 ? 0 : place(following), place(i) + size - 4);
  }
  return file;
}

/** A BMP of 1 bit a pixel. */
function bmp(width, height, start = 62) {
  const stride = Math.ceil(width / 32) * 4;
  const file = Buffer.alloc(62 + stride * Math.abs(height));
  file.write("BM");
  file.writeUInt32LE(start, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(1, 28);
  file.fill(255, 58, 61);
  return file;
}

/** A JPEG segment of the most bytes there can be. */
function segment(marker, text) {
  const data = Buffer.alloc(65_537);
  data.set([0xff, marker, 0xff, 0xff]);
  data.write(text, 4, "latin1");
  return data;
}

/** After JPEG's first marker. */
const inserted = (jpeg, parts) => Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);

function sized(file, side, places, write) {
  const copy = Buffer.from(file);
  for (const place of places) copy[write](side, place);
  return copy;
}

/** The last scan of a progressive JPEG over and over. */
function scans(jpeg, count) {
  const start = jpeg.lastIndexOf(Uint8Array.of(0xff, 0xda));
  const scan = jpeg.subarray(start, jpeg.length - 2);
  return Buffer.concat([jpeg.subarray(0, start), ...Array(count).fill(scan), jpeg.subarray(-2)]);
}

/** Files made to hurt, by name, each as a function that makes it: some are large. */
export function bombs(good) {
  const blank = (side, options = {}) =>
    sharp({
      create: { width: side, height: side, channels: 3, background: "white", ...options },
      limitInputPixels: false,
    });
  const grey = good.get("grey.jpg");
  const frame = grey.indexOf(Uint8Array.of(0xff, 0xc0)) + 5;
  const zeros = (n) => Buffer.alloc(n);
  const small = rowsOf(28, 28, (x, y) => (x > 10 && x < 16 && y > 4 && y < 24 ? 255 : 0));
  const iccBomb = Buffer.concat([Buffer.from("p\0\0", "latin1"), deflateSync(zeros(100_000_000))]);
  return {
    "empty.png": () => zeros(0),
    "one-byte.jpg": () => Buffer.of(0xff),
    "text.png": () => Buffer.from("This is no picture.\n".repeat(50)),
    "page.png": () =>
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'),
    "claims-65536.png": () => png(65_536, 65_536, { rows: zeros(100) }),
    "claims-2147483647.png": () => png(0x7fffffff, 0x7fffffff, { rows: zeros(100) }),
    "zlib-bomb.png": () => png(10, 10, { rows: zeros(200_000_000) }),
    "large-16-bits.png": () => png(5000, 5000, { bits: 16, color: 6, rows: zeros(5000 * 40_001) }),
    "large-interlaced.png": () => png(5000, 5000, { color: 2, interlaced: 1, rows: zeros(75_020_000) }),
    "large-1-bit.png": () => png(5000, 5000, { bits: 1, rows: zeros(5000 * 626) }),
    "column.png": () => png(1, 25_000_000, { rows: zeros(50_000_000) }),
    "row.png": () => png(25_000_000, 1, { rows: zeros(25_000_001) }),
    "narrow.png": () => png(2, 60_000, { rows: rowsOf(2, 60_000, (x) => x * 255) }),
    "one-pixel.png": () => png(1, 1, { rows: zeros(2) }),
    "checkerboard.png": () => png(2400, 2400, { rows: rowsOf(2400, 2400, (x, y) => ((x + y) & 1) * 255) }),
    "dots.png": () => png(2400, 2400, { rows: rowsOf(2400, 2400, (x, y) => (x & y & 1) * 255) }),
    "large-dots.png": () =>
      png(5000, 5000, { rows: rowsOf(5000, 5000, (x, y) => (x % 5 || y % 5 ? 255 : 0)) }),
    "stripes.png": () => png(2400, 2400, { rows: rowsOf(2400, 2400, (x) => (x % 4 < 2 ? 255 : 0)) }),
    "noise.png": () =>
      png(2400, 2400, { rows: rowsOf(2400, 2400, (x, y) => (x * x * 31 + y * y * 17 + x * y * 7) % 251) }),
    "strip.png": () =>
      png(20, 65_535, { rows: rowsOf(20, 65_535, (x, y) => (hashed(x, y, 3) === 0 ? 0 : 255)) }),
    ...Object.fromEntries(
      Object.entries(textures).map(([name, value]) => [
        `${name}.png`,
        () => png(2400, 2400, { rows: rowsOf(2400, 2400, value) }),
      ]),
    ),
    "profile-bomb.png": () => png(28, 28, { rows: small, before: [pngChunk("iCCP", iccBomb)] }),
    "text-bomb.png": () => png(28, 28, { rows: small, before: [pngChunk("zTXt", iccBomb)] }),
    "long-text.png": () =>
      png(28, 28, { rows: small, before: [pngChunk("tEXt", zeros(15_000_000).fill(65))] }),
    "many-texts.png": () =>
      png(28, 28, { rows: small, before: Array(100_000).fill(pngChunk("tEXt", Buffer.from("a\0b"))) }),
    "claims-65535.jpg": () => sized(grey, 65_535, [frame, frame + 2], "writeUInt16BE").subarray(0, 186),
    "claims-5000.jpg": () => sized(grey, 5000, [frame, frame + 2], "writeUInt16BE"),
    "many-exif.jpg": () => inserted(grey, Array(250).fill(segment(0xe1, "Exif\0\0II*\0\x08\0\0\0\xff\xff"))),
    "many-profiles.jpg": () => inserted(grey, Array(250).fill(segment(0xe2, "ICC_PROFILE\0\x01\xff"))),
    "scans.jpg": async () => scans(await blank(5000).jpeg({ progressive: true }).toBuffer(), 2000),
    "large-progressive.jpg": () =>
      blank(5000).jpeg({ progressive: true, chromaSubsampling: "4:4:4" }).toBuffer(),
    "polyglot.jpg": () => Buffer.concat([grey, Buffer.from("PK\x03\x04<script>alert(1)</script>")]),
    "png-in-jpg.jpg": () => Buffer.concat([Buffer.of(0xff, 0xd8, 0xff), good.get("grey.png")]),
    "canvas.gif": () => gif(65_535, 65_535, 1),
    "large.gif": () => gif(5000, 5000, 1),
    "endless.gif": () => gif(1, 1, 1_000_000),
    "large-endless.gif": () => gif(5000, 5000, 10_000),
    "loop.tiff": () => tiff(3, (i) => (i + 1) % 3),
    "self.tiff": () => tiff(1, () => 0),
    "deep.tiff": () => tiff(60_000, (i) => (i < 59_999 ? i + 1 : -1)),
    "large.tiff": () => blank(5000).tiff({ compression: "deflate" }).toBuffer(),
    "tile.tiff": () =>
      blank(4992).tiff({ compression: "deflate", tile: true, tileWidth: 4992, tileHeight: 4992 }).toBuffer(),
    "large.webp": () => blank(5000).webp({ effort: 0 }).toBuffer(),
    "lossless.webp": () => blank(5000).webp({ lossless: true, effort: 0 }).toBuffer(),
    "large.avif": () => blank(2800).avif({ effort: 0 }).toBuffer(),
    "row.bmp": () => bmp(25_000_000, 1),
    "column.bmp": () => bmp(1, -4_900_000),
    "large.bmp": () => bmp(5000, 5000),
    "claims-all.bmp": () => sized(bmp(100, 100), 0x7fffffff, [18], "writeInt32LE"),
    "start.bmp": () => bmp(100, 100, 0xffffffff),
  };
}
