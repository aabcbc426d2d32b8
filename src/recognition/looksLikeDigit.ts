/** Ink above this counts, of 255. */
const INK = 100;

/** An 8 has two holes; slips of the pen add some. */
const MOST_HOLES = 4;

/** Holes of fewer pixels are notches in the ink. */
const LEAST_HOLE = 2;

/** Strokes that a row or a column goes through, on the average of those with ink: an 8 and a 3 have about two or three. */
const MOST_CROSSINGS = 3.4;

/** The share of the image that is ink: a blob has more than the broadest marker's digit. */
const MOST_INK = 0.46;

/**
 * Whether the shape of a normalised image [28, 28] can be a digit's at all: the network has an answer for everything, and
 * is sure of blobs and scribbles, too. Bounds are beyond what MNIST's training images have.
 */
export function looksLikeDigit(pixels: Uint8Array): boolean {
  const side = Math.sqrt(pixels.length);
  const isInk = new Uint8Array(pixels.length);
  let count = 0;
  for (let i = 0; i < pixels.length; i++) {
    if (pixels[i]! <= INK) continue;
    isInk[i] = 1;
    count++;
  }
  if (count / pixels.length > MOST_INK) return false;
  if (crossings(isInk, side, 1) > MOST_CROSSINGS || crossings(isInk, 1, side) > MOST_CROSSINGS) return false;
  return holes(isInk, side) <= MOST_HOLES;
}

/** How many strokes the lines with ink go through on average, lines being `line` and their pixels `step` apart. */
function crossings(isInk: Uint8Array, line: number, step: number): number {
  const side = Math.sqrt(isInk.length);
  let [strokes, lines] = [0, 0];
  for (let y = 0; y < side; y++) {
    let own = 0;
    for (let x = 0; x < side; x++) {
      const at = y * line + x * step;
      if (isInk[at] === 1 && (x === 0 || isInk[at - step] === 0)) own++;
    }
    strokes += own;
    if (own > 0) lines++;
  }
  return lines === 0 ? 0 : strokes / lines;
}

/** Pieces of paper that ink is all around. */
function holes(isInk: Uint8Array, side: number): number {
  const seen = isInk.slice();
  const stack = new Int32Array(seen.length);
  let count = 0;
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1) continue;
    const area = fill(seen, side, start, stack);
    if (start > 0 && area >= LEAST_HOLE) count++;
  }
  // The first piece, at the corner, is the paper around.
  return count;
}

/** How many pixels of paper hang together with `start`; they count as seen. The first picture is read by an interpreter: no objects. */
function fill(seen: Uint8Array, side: number, start: number, stack: Int32Array): number {
  let area = 0;
  let top = push(seen, stack, 0, start);
  while (top > 0) {
    const at = stack[--top]!;
    const x = at % side;
    area++;
    if (x > 0) top = push(seen, stack, top, at - 1);
    if (x + 1 < side) top = push(seen, stack, top, at + 1);
    top = push(seen, stack, top, at - side);
    top = push(seen, stack, top, at + side);
  }
  return area;
}

function push(seen: Uint8Array, stack: Int32Array, top: number, at: number): number {
  if (at < 0 || at >= seen.length || seen[at] === 1) return top;
  seen[at] = 1;
  stack[top] = at;
  return top + 1;
}
