import { crc32 } from "node:zlib";

/** The parts of a PNG, WebP, GIF-less container: `[start, end]` of each chunk or segment after the head. */
function partsOf(format, file) {
  const parts = [];
  if (format === "png") {
    for (let at = 8; at + 12 <= file.length; at = parts.at(-1)[1])
      parts.push([at, at + 12 + file.readUInt32BE(at)]);
  } else if (format === "webp") {
    for (let at = 12; at + 8 <= file.length; at = parts.at(-1)[1]) {
      const length = file.readUInt32LE(at + 4);
      parts.push([at, at + 8 + length + (length & 1)]);
    }
  } else if (format === "jpg") {
    for (let at = 2; at + 4 <= file.length && file[at + 1] !== 0xda; at = parts.at(-1)[1])
      parts.push([at, at + 2 + file.readUInt16BE(at + 2)]);
  } else if (format === "avif") {
    for (let at = 0; at + 8 <= file.length; at = parts.at(-1)[1])
      parts.push([at, at + Math.max(8, file.readUInt32BE(at))]);
  }
  return parts.filter(([, end]) => end <= file.length);
}

export function pngChunk(type, data) {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}

/** CRCs made right again, so that what is damaged is read. */
function withRightCrcs(file) {
  for (const [start, end] of partsOf("png", file))
    file.writeUInt32BE(crc32(file.subarray(start + 4, end - 4)), end - 4);
  return file;
}

/** Where each format says its size: `[offset from `find` or the start, bytes, little end first]`. */
const SIZES = {
  png: { find: "IHDR", at: [4, 8], bytes: 4 },
  jpg: { find: "\xff\xc0", other: "\xff\xc2", at: [5, 7], bytes: 2 },
  gif: { at: [6, 8], bytes: 2, little: true },
  bmp: { at: [18, 22], bytes: 4, little: true },
  webp: { find: "VP8", at: [14, 16], bytes: 2, little: true },
  avif: { find: "ispe", at: [8, 12], bytes: 4 },
};

/** Another size in the header. TIFF's entries stand wherever, so any value of 16 bits in its directory may lie. */
function lyingSize(format, file, { pick, below }) {
  const copy = Buffer.from(file);
  const sides = [
    0, 1, 2, 97, 255, 4999, 5000, 5001, 65_535, 65_536, 1_000_000, 0x7fffffff, 0x80000000, 0xffffffff,
  ];
  const place = SIZES[format];
  if (place === undefined) {
    const directory = copy.readUInt32LE(4) % (copy.length - 14);
    const entry = directory + 2 + 12 * below(14);
    if (entry + 12 <= copy.length) copy.writeUInt32LE(pick(sides), entry + pick([4, 8]));
    return copy;
  }
  const found = place.find === undefined ? 0 : copy.indexOf(place.find, 0, "latin1");
  const start = found < 0 && place.other ? copy.indexOf(place.other, 0, "latin1") : found;
  for (const at of pick([place.at, place.at.slice(0, 1), place.at.slice(1)])) {
    const side = pick(sides);
    if (start + at + place.bytes > copy.length || start < 0) continue;
    if (place.bytes === 2) copy[place.little ? "writeUInt16LE" : "writeUInt16BE"](side & 0xffff, start + at);
    else copy[place.little ? "writeUInt32LE" : "writeUInt32BE"](side, start + at);
  }
  return format === "png" ? withRightCrcs(copy) : copy;
}

/** Chunks, segments or boxes left out, doubled, put elsewhere or with another length. */
function otherParts(format, file, { pick, below }) {
  const parts = partsOf(format, file);
  if (parts.length === 0) return file.subarray(below(file.length));
  const pieces = parts.map(([start, end]) => Buffer.from(file.subarray(start, end)));
  const head = file.subarray(0, parts[0][0]);
  const tail = file.subarray(parts.at(-1)[1]);
  const at = below(pieces.length);
  const kind = pick(["drop", "double", "move", "many", "length"]);
  if (kind === "drop") pieces.splice(at, 1);
  else if (kind === "double") pieces.splice(at, 0, pieces[at]);
  else if (kind === "move") pieces.splice(below(pieces.length), 0, ...pieces.splice(at, 1));
  else if (kind === "many") pieces.splice(at, 0, ...Array(2000).fill(pieces[at]));
  else {
    const length = pick([0, 1, 2, 3, 0x7fffffff, 0xffffffff, pieces[at].length * 2]);
    if (format === "jpg") pieces[at].writeUInt16BE(length & 0xffff, 2);
    else if (format === "webp") pieces[at].writeUInt32LE(length, 4);
    else pieces[at].writeUInt32BE(length, 0);
  }
  return Buffer.concat([head, ...pieces, tail]);
}

function flipped(file, { below, pick }) {
  const copy = Buffer.from(file);
  // Half of them near the beginning, where the structure is.
  const reach = pick([copy.length, Math.min(copy.length, 200)]);
  for (let i = pick([1, 1, 2, 8, 64]); i > 0; i--) copy[below(reach)] ^= 1 << below(8);
  return copy;
}

/** One damaged copy of `file`, a name of what was done with it. */
export function damaged(name, file, random) {
  const format = name.split(".").at(-1);
  const kind = random.pick(["flip", "flip", "flip+crc", "cut", "size", "size", "parts", "noise", "joined"]);
  switch (kind) {
    case "flip":
      return [kind, flipped(file, random)];
    case "flip+crc":
      return [kind, format === "png" ? withRightCrcs(flipped(file, random)) : flipped(file, random)];
    case "cut":
      return [kind, file.subarray(0, random.below(file.length))];
    case "size":
      return [kind, lyingSize(format === "tiff" ? "tiff" : format, file, random)];
    case "parts":
      return [kind, otherParts(format, file, random)];
    case "noise": {
      const start = random.below(file.length);
      return [
        kind,
        Buffer.concat([
          file.subarray(0, start),
          random.bytes(random.below(400)),
          file.subarray(start + random.below(400)),
        ]),
      ];
    }
    default:
      return [kind, Buffer.concat([file, file.subarray(random.below(file.length))])];
  }
}
