import sharp from "sharp";

const [WIDTH, HEIGHT] = [96, 64];

/** A 7 of black on white, grey of 8 bits. */
function digit() {
  const data = Buffer.alloc(WIDTH * HEIGHT, 255);
  const ink = (x, y) => data.fill(20, y * WIDTH + x, y * WIDTH + x + 6);
  for (let x = 34; x < 58; x++) for (let y = 10; y < 15; y++) ink(x, y);
  for (let y = 10; y < 54; y++) ink(58 - Math.floor((y - 10) / 2.4), y);
  return data;
}

/** Good files of every format, by name; what is damaged is made from these. */
export async function goodFiles() {
  const grey = () => sharp(digit(), { raw: { width: WIDTH, height: HEIGHT, channels: 1 } });
  const rgb = () => grey().toColourspace("srgb");
  const frames = [digit(), digit().map((v) => 255 - v)];
  const animated = () =>
    sharp(Buffer.concat(frames), {
      raw: { width: WIDTH, height: HEIGHT * 2, channels: 1, pageHeight: HEIGHT },
    }).toColourspace("srgb");
  const made = {
    "grey.png": grey().png(),
    "rgb.png": rgb().png(),
    "alpha.png": rgb().ensureAlpha(0.9).png(),
    "palette.png": rgb().png({ palette: true }),
    "deep.png": rgb().toColourspace("rgb16").png(),
    "interlaced.png": rgb().png({ progressive: true }),
    "profile.png": rgb().withIccProfile("p3").png(),
    "grey.jpg": grey().toColourspace("b-w").jpeg(),
    "rgb.jpg": rgb().jpeg(),
    "progressive.jpg": rgb().jpeg({ progressive: true }),
    "cmyk.jpg": rgb().toColourspace("cmyk").jpeg(),
    "turned.jpg": rgb().withIccProfile("p3").withMetadata({ orientation: 6 }).jpeg(),
    "lossy.webp": rgb().webp(),
    "lossless.webp": rgb().ensureAlpha(0.9).webp({ lossless: true }),
    "animated.webp": animated().webp(),
    "plain.gif": rgb().gif(),
    "animated.gif": animated().gif(),
    "deflate.tiff": rgb().tiff({ compression: "deflate" }),
    "jpeg.tiff": rgb().tiff({ compression: "jpeg" }),
    "tiled.tiff": rgb().tiff({ compression: "lzw", tile: true, tileWidth: 32, tileHeight: 32 }),
    "bits.tiff": grey().toColourspace("b-w").tiff({ compression: "ccittfax4", bitdepth: 1 }),
    "plain.avif": rgb().avif({ effort: 0 }),
  };
  const files = new Map();
  for (const [name, image] of Object.entries(made)) files.set(name, await image.toBuffer());
  files.set("rgb.bmp", bmp(24));
  files.set("palette.bmp", bmp(8));
  files.set("fields.bmp", bmp(32));
  return files;
}

/** The digit as BMP of 8 (grey palette), 24 or 32 bits. */
function bmp(bits) {
  const start = 54 + (bits === 8 ? 1024 : bits === 32 ? 12 : 0);
  const file = Buffer.alloc(start + (WIDTH * HEIGHT * bits) / 8);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(start, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(WIDTH, 18);
  file.writeInt32LE(-HEIGHT, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(bits, 28);
  if (bits === 32) {
    file.writeUInt32LE(3, 30);
    for (const [i, mask] of [0xff0000, 0xff00, 0xff].entries()) file.writeUInt32LE(mask, 54 + i * 4);
  }
  if (bits === 8) for (let i = 0; i < 256; i++) file.fill(i, 54 + i * 4, 57 + i * 4);
  for (const [i, value] of digit().entries())
    file.fill(value, start + (i * bits) / 8, start + ((i + 1) * bits) / 8);
  return file;
}
