import { AUGMENT_CELLS, Augment } from "../kernels/opcodes.ts";
import { mix } from "./hash.ts";
import { type Args, floatOfBits, type Kernel } from "./kernel.ts";

export const scalePixels: Kernel = ({ floats: f, ints }, args) => {
  const [pixels, x, scaleBits, offsetBits, size] = args as Args<5>;
  const [scale, offset] = [floatOfBits(scaleBits), floatOfBits(offsetBits)];
  const bytes = new Uint8Array(ints.buffer, pixels * 4, size);
  for (let i = 0; i < size; i++) f[x + i] = bytes[i]! * scale + offset;
};

/** A picture that is 0 outside. */
type Plane = (x: number, y: number) => number;

function plane(values: ArrayLike<number>, width: number, height: number): Plane {
  return (x, y) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : values[y * width + x]!);
}

/** `make` for every pixel, row by row. */
function drawn(width: number, height: number, make: Plane): Plane {
  const values = Float64Array.from({ length: width * height }, (_, i) =>
    make(i % width, Math.floor(i / width)),
  );
  return plane(values, width, height);
}

/** The noise that moves pixels in one direction: uniform in [-1, 1), blurred by `taps` both ways. */
function elasticField(taps: readonly number[], key: number, first: number, width: number, height: number) {
  const radius = (taps.length - 1) / 2;
  const noise = drawn(width, height, (x, y) => (mix((first + y * width + x) ^ key) | 0) / 2 ** 31);
  const rows = drawn(width, height, (x, y) =>
    taps.reduce((sum, tap, k) => sum + tap * noise(x + k - radius, y), 0),
  );
  return drawn(width, height, (x, y) => taps.reduce((sum, tap, k) => sum + tap * rows(x, y + k - radius), 0));
}

function between(image: Plane, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [shareX, shareY] = [x - left, y - top];
  const upper = image(left, top) * (1 - shareX) + image(left + 1, top) * shareX;
  const lower = image(left, top + 1) * (1 - shareX) + image(left + 1, top + 1) * shareX;
  return upper * (1 - shareY) + lower * shareY;
}

export const augment: Kernel = ({ floats: f, ints }, args) => {
  const [pixels, x, parameters, tapsAt, radius, scaleBits, offsetBits, images, height, width] =
    args as Args<10>;
  const [scale, offset] = [floatOfBits(scaleBits), floatOfBits(offsetBits)];
  const taps = Array.from({ length: 2 * radius + 1 }, (_, k) => f[tapsAt + k]!);
  const size = height * width;
  for (let one = 0; one < images; one++) {
    const row = parameters + one * AUGMENT_CELLS;
    const how = (cell: Augment) => f[row + cell]!;
    const key = ints[row + Augment.Key]!;
    const image = plane(new Uint8Array(ints.buffer, pixels * 4 + one * size, size), width, height);
    const isElastic = how(Augment.Elastic) !== 0;
    const field = (first: number): Plane =>
      isElastic ? elasticField(taps, key, first, width, height) : () => 0;
    const [fieldX, fieldY] = [field(0), field(size)];
    const warped = drawn(width, height, (px, py) => {
      const [dx, dy] = [px - (width - 1) / 2, py - (height - 1) / 2];
      const fromX = how(Augment.XX) * dx + how(Augment.XY) * dy + how(Augment.ShiftX) + (width - 1) / 2;
      const fromY = how(Augment.YX) * dx + how(Augment.YY) * dy + how(Augment.ShiftY) + (height - 1) / 2;
      const movedX = fromX + how(Augment.Elastic) * fieldX(px, py);
      const movedY = fromY + how(Augment.Elastic) * fieldY(px, py);
      return between(image, movedX, movedY);
    });
    for (let py = 0; py < height; py++) {
      for (let px = 0; px < width; px++) {
        const middle = warped(px, py);
        const cross = [
          middle,
          warped(px - 1, py),
          warped(px + 1, py),
          warped(px, py - 1),
          warped(px, py + 1),
        ];
        const thickness = how(Augment.Thickness);
        const extreme = thickness > 0 ? Math.max(...cross) : Math.min(...cross);
        let blurred = 0;
        for (const dx of [-1, 0, 1])
          for (const dy of [-1, 0, 1])
            blurred += (warped(px + dx, py + dy) * (2 - Math.abs(dx)) * (2 - Math.abs(dy))) / 16;
        const i = py * width + px;
        const hash = mix(i ^ key ^ 0x5bd1e995);
        const bytes = (hash & 255) + ((hash >>> 8) & 255) + ((hash >>> 16) & 255) + (hash >>> 24);
        const changed =
          middle + Math.abs(thickness) * (extreme - middle) + how(Augment.Blur) * (blurred - middle);
        const lit = changed * how(Augment.Gain) + how(Augment.Lift) * 255;
        const noisy = lit + how(Augment.Noise) * 255 * ((bytes - 510) / 147.8);
        f[x + one * size + i] = Math.min(255, Math.max(0, noisy)) * scale + offset;
      }
    }
  }
};
