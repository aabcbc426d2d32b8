import { MAX_SIDE, type Picture } from "../image/picture.ts";

/** A picture that is made row by row. */
export interface ShrinkingRows {
  /** The next row, RGBA. */
  add(row: Uint8Array): void;
  /** After the last row. */
  picture(): Picture;
}

/**
 * Takes the rows of an image of `width` x `height` and makes of them a picture with no side longer than
 * {@link MAX_SIDE}: each of its pixels is the mean of the area that it covers, colours weighted by their alpha. No more
 * than the picture itself is held in memory.
 */
export function shrinkingRows(width: number, height: number): ShrinkingRows {
  const longest = Math.max(width, height);
  const isLarge = longest > MAX_SIDE;
  const columns = isLarge ? Math.max(1, Math.round((width * MAX_SIDE) / longest)) : width;
  const lines = isLarge ? Math.max(1, Math.round((height * MAX_SIDE) / longest)) : height;
  const data = new Uint8Array(columns * lines * 4);
  const [stepX, stepY] = [width / columns, height / lines];
  const part = new Float64Array(columns * 4);
  const sum = new Float64Array(columns * 4);
  let y = 0;
  let line = 0;

  const finishLine = (): void => {
    writeMeans(sum, stepX * stepY, data.subarray(line * columns * 4, (line + 1) * columns * 4));
    sum.fill(0);
    line++;
  };

  return {
    add(row) {
      if (!isLarge) {
        data.set(row, y++ * width * 4);
        return;
      }
      part.fill(0);
      addPixels(row, stepX, part);
      // As much of the row as belongs to this line, and the rest, if any, to the next.
      const end = (line + 1) * stepY;
      const here = Math.min(1, end - y);
      addScaled(sum, part, here);
      y++;
      if (y < end - 1e-9 && y < height) return;
      finishLine();
      if (y < height) addScaled(sum, part, 1 - here);
    },
    picture: () => ({
      width: columns,
      height: lines,
      data,
      ...(isLarge && { fullWidth: width, fullHeight: height }),
    }),
  };
}

/** Adds to each of `sums`, four for a column of `step` pixels, what of the row's pixels lies in it. */
function addPixels(row: Uint8Array, step: number, sums: Float64Array): void {
  const last = sums.length / 4 - 1;
  for (let x = 0, at = 0; at < row.length; x++, at += 4) {
    const column = Math.min(last, Math.floor(x / step));
    const here = Math.min(1, (column + 1) * step - x);
    addPixel(row, at, here, sums, column * 4);
    if (here < 1 && column < last) addPixel(row, at, 1 - here, sums, column * 4 + 4);
  }
}

function addPixel(row: Uint8Array, at: number, weight: number, sums: Float64Array, to: number): void {
  const alpha = row[at + 3]! * weight;
  sums[to]! += row[at]! * alpha;
  sums[to + 1]! += row[at + 1]! * alpha;
  sums[to + 2]! += row[at + 2]! * alpha;
  sums[to + 3]! += alpha;
}

function addScaled(sum: Float64Array, part: Float64Array, share: number): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += part[i]! * share;
}

function writeMeans(sum: Float64Array, area: number, line: Uint8Array): void {
  for (let at = 0; at < line.length; at += 4) {
    const alpha = sum[at + 3]!;
    for (let c = 0; c < 3; c++) line[at + c] = alpha > 0 ? Math.round(sum[at + c]! / alpha) : 0;
    line[at + 3] = Math.round(alpha / area);
  }
}
