/** Changes text that is written to a terminal. */
export type Paint = (text: string) => string;

/** Opening and closing of "select graphic rendition" (ECMA-48, 8.3.117). */
const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Colors = Readonly<Record<keyof typeof codes, Paint>>;

/** A function for each colour; none of them does anything unless `isColored`. */
export function createColors(isColored: boolean): Colors {
  const paints = Object.entries(codes).map(([name, [open, close]]): [string, Paint] => [
    name,
    isColored ? paint(`\x1b[${open}m`, `\x1b[${close}m`) : String,
  ]);
  return Object.fromEntries(paints) as Colors;
}

/** Where the text itself ends what `close` ends, as dim text in bold text does, it goes on after that. */
function paint(open: string, close: string): Paint {
  return (text) => `${open}${text.replaceAll(close, close + open)}${close}`;
}
