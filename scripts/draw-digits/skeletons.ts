/** A way of writing a digit: the paths of the pen's tip, one for each time that it is put down. */
export interface Skeleton {
  /** What people would call it; part of a picture's file name. */
  readonly style: string;
  readonly strokes: readonly Stroke[];
}

/** Smooth curves, each beginning where the one before ended, in a corner. */
export type Stroke = readonly (readonly Point[])[];

/** In hundredths of a digit's height: x to the right, y down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Digits as people of several countries write them. A stroke is the points that its curve passes, `x,y`; a `/` behind a
 * point makes it a corner.
 */
const WRITTEN: readonly Readonly<Record<string, readonly string[]>>[] = [
  {
    oval: ["36,2 15,14 4,50 14,87 32,98 53,86 61,50 52,14 37,2"],
    narrow: ["24,2 10,18 4,50 10,84 23,98 36,84 41,50 36,17 25,2"],
    wide: ["44,4 15,18 2,50 15,82 44,97 74,83 86,50 74,18 46,4"],
    "from-the-side": ["56,22 34,2 13,16 4,52 16,88 36,98 55,82 60,48 52,14"],
  },
  {
    bar: ["10,0 9,50 9,100"],
    flag: ["6,24 22,14 34,0/ 34,50 33,100"],
    "long-flag": ["4,40 22,24 40,0/ 40,50 39,100"],
    "flag-and-foot": ["10,22 24,12 35,0/ 35,50 34,99", "10,100 35,99 60,99"],
    "bar-and-foot": ["30,0 30,50 30,99", "8,100 30,99 54,99"],
  },
  {
    plain: ["6,24 15,6 35,1 55,11 57,33 40,60 5,97/ 34,96 64,97"],
    loop: ["6,22 16,5 38,1 55,14 54,36 40,62 20,90 7,96 3,87 13,80 32,89 48,97 66,92"],
    wave: ["8,20 24,2 47,6 54,27 40,57 6,95/ 24,88 44,96 64,89"],
    round: ["6,26 12,8 34,0 54,10 56,34 36,62 14,84 8,97/ 34,96 62,96"],
  },
  {
    round: ["8,13 28,1 49,9 52,29 40,42 22,47/ 46,52 58,72 48,92 26,99 4,88"],
    flat: ["8,3 32,2 56,2/ 42,20 26,39/ 50,45 60,67 50,91 26,99 4,89"],
    loop: ["7,14 27,1 49,10 47,32 28,47 20,44 30,42 54,56 57,80 37,98 5,89"],
    wide: ["4,10 28,0 52,8 54,28 30,46/ 56,50 66,74 52,94 28,99 2,90"],
  },
  {
    open: ["18,0 12,30 3,62/ 34,62 66,60", "48,24 47,60 45,100"],
    "open-round": ["10,2 7,28 12,46 30,52 54,47", "54,0 53,50 50,100"],
    closed: ["48,0 26,34 2,68/ 36,68 70,67", "48,1 48,50 48,100"],
    "one-stroke": ["42,100 46,50 50,0/ 28,34 4,68/ 36,68 66,66"],
  },
  {
    "two-strokes": ["15,3 12,24 9,45/ 30,38 51,47 58,68 48,91 26,99 4,90", "15,4 36,3 60,2"],
    "one-stroke": ["58,2 36,3 16,3/ 13,24 9,45/ 30,38 51,47 58,68 48,91 26,99 4,90"],
    "round-belly": ["62,3 40,4 20,4/ 16,22 12,42/ 36,34 60,46 64,72 46,95 22,98 4,86"],
    soft: ["58,4 36,2 20,5 14,24 18,40 40,45 56,60 54,84 34,98 4,90"],
  },
  {
    curved: ["47,2 25,16 9,46 6,75 20,96 42,96 54,78 46,59 27,56 8,74"],
    straight: ["40,0 22,30 8,58 7,83 23,98 44,93 52,75 41,58 22,61 8,78"],
    "two-strokes": ["46,0 24,22 8,56 9,84", "8,72 26,55 47,60 55,78 44,96 22,98 9,84"],
    "large-loop": ["42,0 20,22 6,54 6,80 24,99 50,93 58,70 46,50 24,50 8,68"],
  },
  {
    plain: ["4,3 32,3 60,2/ 42,44 26,100"],
    crossed: ["4,3 32,3 60,2/ 42,44 26,100", "16,50 36,49 58,47"],
    serif: ["5,18 6,3/ 32,3 60,2/ 42,42 30,100"],
    "serif-and-crossed": ["4,17 6,3/ 32,3 60,2/ 40,44 28,100", "18,52 36,50 56,49"],
    wave: ["3,9 18,2 38,7 60,2/ 44,36 30,68 26,100"],
  },
  {
    "one-stroke": ["52,15 32,1 10,12 13,32 33,48 55,68 53,89 31,99 8,89 9,69 31,48 51,31 54,14"],
    "two-strokes": ["30,1 11,11 11,34 29,46 49,34 49,11 31,1", "29,46 6,60 5,86 29,99 54,87 53,60 30,46"],
    "from-the-middle": ["32,48 12,30 16,8 34,1 52,12 50,31 31,48 9,68 10,90 32,99 55,88 53,67 33,48"],
  },
  {
    straight: ["52,15 36,2 14,9 6,29 17,46 37,43 52,20/ 52,60 51,100"],
    curved: ["53,17 34,1 12,10 8,32 24,47 44,40 54,15 57,48 49,84 28,99 8,91"],
    slanted: ["52,18 36,2 14,8 7,28 18,45 38,42 53,17/ 44,56 28,100"],
    "two-strokes": ["50,12 30,1 9,15 9,38 29,47 48,34 51,12", "52,4 52,50 50,100"],
  },
];

/** The ways of writing each digit, 0..9. */
export const skeletons: readonly (readonly Skeleton[])[] = WRITTEN.map((styles) =>
  Object.entries(styles).map(([style, strokes]) => skeletonOf(style, strokes)),
);

/** A skeleton of strokes written as above. */
export function skeletonOf(style: string, strokes: readonly string[]): Skeleton {
  return { style, strokes: strokes.map(strokeOf) };
}

function strokeOf(written: string): Stroke {
  const curves: Point[][] = [[]];
  for (const word of written.split(" ")) {
    const [x, y] = word.replace("/", "").split(",").map(Number);
    const point = { x: x!, y: y! };
    curves.at(-1)?.push(point);
    if (word.endsWith("/")) curves.push([point]);
  }
  return curves;
}
