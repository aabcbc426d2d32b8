import sharp from "sharp";

/** A picture that was read wrongly. */
export interface Misread {
  readonly digit: number;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly answer: {
    readonly digit: number | undefined;
    readonly confidence: number;
    /** What the network saw, 28 x 28. */
    readonly pixels: Uint8Array;
  };
}

const CARD = { width: 230, height: 132 };
const COLUMNS = 7;

/** A PNG with each picture, what the network saw of it, and what it answered. */
export async function mistakesSheet(mistakes: readonly Misread[]): Promise<Buffer> {
  const texts: string[] = [];
  const layers: { input: Buffer; left: number; top: number }[] = [];
  for (const [i, { digit, name, bytes, answer }] of mistakes.entries()) {
    const left = (i % COLUMNS) * CARD.width;
    const top = Math.floor(i / COLUMNS) * CARD.height;
    const picture = sharp(bytes).resize(112, 112, { fit: "contain", background: "#d8dce0" });
    const seen = sharp(answer.pixels, { raw: { width: 28, height: 28, channels: 1 } });
    layers.push({ input: await picture.png().toBuffer(), left, top });
    layers.push({
      input: await seen.resize(112, 112, { kernel: "nearest" }).png().toBuffer(),
      left: left + 114,
      top,
    });
    const answered =
      answer.digit === undefined ? "blank" : `${answer.digit} ${(answer.confidence * 100).toFixed(0)} %`;
    const text = `${digit} as ${answered}: ${name.replace(/^0*(\d+)-/, "$1 ").replace(/\.(png|jpg)$/, "")}`;
    texts.push(
      `<text x="${left}" y="${top + 125}" font-size="9.5" textLength="${Math.min(226, text.length * 5)}">${text}</text>`,
    );
  }
  const width = COLUMNS * CARD.width;
  const height = Math.max(1, Math.ceil(mistakes.length / COLUMNS)) * CARD.height;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Arial, sans-serif"><rect width="100%" height="100%" fill="#fff"/>${texts.join("")}</svg>`;
  return sharp(Buffer.from(svg)).composite(layers).png({ palette: true }).toBuffer();
}
