import type { GreyImage } from "../../src/image/picture.ts";

// What the kernels compute, as it is defined: slowly, in 64-bit floats, a pixel at a time.

/** The value at a pixel, those of the edge going on beyond it. */
export function at({ width, height, data }: GreyImage, x: number, y: number): number {
  const column = Math.min(width - 1, Math.max(0, x));
  return data[Math.min(height - 1, Math.max(0, y)) * width + column]!;
}

/** An image by a function of its pixels. */
export function imageBy(width: number, height: number, value: (x: number, y: number) => number): GreyImage {
  const data = Float32Array.from({ length: width * height }, (_, i) =>
    value(i % width, Math.floor(i / width)),
  );
  return { width, height, data };
}

/** The mean over windows [x + i * step, x + (i + 1) * step); narrower ones are widened to a pixel about their middle. */
export function resampled(
  { width, height, data }: GreyImage,
  grid: { x: number; y: number; stepX: number; stepY: number; width: number; height: number },
): GreyImage {
  const overlap = (start: number, step: number, i: number, pixel: number) => {
    const size = Math.max(1, step);
    const from = start + (i + 0.5) * step - size / 2;
    return Math.max(0, Math.min(from + size, pixel + 1) - Math.max(from, pixel)) / size;
  };
  return imageBy(grid.width, grid.height, (i, j) => {
    let sum = 0;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        sum += overlap(grid.x, grid.stepX, i, x) * overlap(grid.y, grid.stepY, j, y) * data[y * width + x]!;
    return sum;
  });
}

/** `of` over every window of 2 `radius` + 1 pixels, along rows and then along columns, beyond whose ends they are mirrored. */
function alongBothAxes(image: GreyImage, margin: number, of: (line: number[]) => number[]): GreyImage {
  const mirrored = (line: number[]) => {
    const last = line.length - 1;
    return Array.from({ length: line.length + 2 * margin }, (_, i) => {
      const k = i - margin;
      if (k < 0) return Math.fround(2 * line[0]! - line[Math.min(last, -k)]!);
      if (k > last) return Math.fround(2 * line[last]! - line[Math.max(0, 2 * last - k)]!);
      return line[k]!;
    });
  };
  const rows = Array.from({ length: image.height }, (_, y) =>
    of(mirrored(Array.from({ length: image.width }, (_, x) => at(image, x, y)))).map(Math.fround),
  );
  const columns = Array.from({ length: image.width }, (_, x) => of(mirrored(rows.map((row) => row[x]!))));
  return imageBy(image.width, image.height, (x, y) => columns[x]![y]!);
}

function windowed(radius: number, of: (values: number[]) => number) {
  return (line: number[]) =>
    Array.from({ length: line.length - 2 * radius }, (_, i) => of(line.slice(i, i + 2 * radius + 1)));
}

export function localMean(image: GreyImage, radius: number): GreyImage {
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return alongBothAxes(image, radius, windowed(radius, mean));
}

/** The mean over a window of 2 `radius` + 1 pixels of an image that is mirrored at its sides. */
export function surroundings(image: GreyImage, radius: number): GreyImage {
  const mirrored = (i: number, last: number) =>
    i < 0 ? Math.min(last, -i - 1) : i > last ? Math.max(0, 2 * last + 1 - i) : i;
  return imageBy(image.width, image.height, (x, y) => {
    let sum = 0;
    for (let row = y - radius; row <= y + radius; row++)
      for (let column = x - radius; column <= x + radius; column++)
        sum += at(image, mirrored(column, image.width - 1), mirrored(row, image.height - 1));
    return sum / (2 * radius + 1) ** 2;
  });
}

export function closing(image: GreyImage, radius: number): GreyImage {
  const greatest = windowed(radius, (values) => Math.max(...values));
  const least = windowed(radius, (values) => Math.min(...values));
  return alongBothAxes(image, 2 * radius, (line) => least(greatest(line)));
}

/** Weights of 1 2 1; a row's ends have the next row's beginning and the last one's end for neighbours. */
export function smoothed({ width, height, data }: GreyImage): GreyImage {
  const last = data.length - 1;
  const across = data.map((value, i) =>
    i === 0 || i === last ? value : (data[i - 1]! + 2 * value + data[i + 1]!) / 4,
  );
  return imageBy(width, height, (x, y) => {
    const i = y * width + x;
    if (y === 0 || y === height - 1) return across[i]!;
    return (across[i - width]! + 2 * across[i]! + across[i + width]!) / 4;
  });
}

/** Pixels above a threshold and their sides that others are not beyond: where `isWhole` is false, but for the left and the top side. */
export function strokeWidth(
  image: GreyImage,
  box: { x: number; y: number; width: number; height: number },
  threshold: number,
  isWhole: boolean,
): number {
  const isInk = (x: number, y: number) =>
    x >= box.x &&
    y >= box.y &&
    x < box.x + box.width &&
    y < box.y + box.height &&
    at(image, x, y) > threshold;
  let [area, outline] = [0, 0];
  for (let y = box.y; y < box.y + box.height; y++) {
    for (let x = box.x; x < box.x + box.width; x++) {
      if (!isInk(x, y)) continue;
      area++;
      for (const [dx, dy] of [
        [1, 0],
        [0, 1],
        [-1, 0],
        [0, -1],
      ] as const) {
        const isOutside = (dx < 0 && x === box.x) || (dy < 0 && y === box.y);
        if (!isInk(x + dx, y + dy) && (isWhole || !isOutside)) outline++;
      }
    }
  }
  return outline === 0 ? 0 : (2 * area) / ((outline * Math.PI) / 4);
}
