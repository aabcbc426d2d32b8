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
  const isInk = Uint8Array.from(pixels, (value) => Number(value > INK));
  const share = isInk.reduce((sum, one) => sum + one, 0) / pixels.length;
  if (share > MOST_INK) return false;
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
  let count = 0;
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 1) continue;
    const area = fill(seen, side, start);
    if (start > 0 && area >= LEAST_HOLE) count++;
  }
  // The first piece, at the corner, is the paper around.
  return count;
}

function fill(seen: Uint8Array, side: number, start: number): number {
  const stack = [start];
  seen[start] = 1;
  let area = 0;
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    area++;
    const x = at % side;
    for (const next of [x > 0 ? at - 1 : -1, x + 1 < side ? at + 1 : -1, at - side, at + side]) {
      if (next < 0 || next >= seen.length || seen[next] === 1) continue;
      seen[next] = 1;
      stack.push(next);
    }
  }
  return area;
}
