import type { DigitPrediction, Prediction } from "../../src/recognition/prediction.ts";

/** What a page of digits may be read as: `7` is sure, `7!` unsure (taken for the next digit with 30 %), `?` no digit. */
export function fakePage(...lines: readonly string[]): Prediction {
  const read = lines.map((line, row) => {
    const digits = [...line.matchAll(/([\d?])(!?)/g)].map(([, name = "", isUnsure], at) =>
      fakeDigit(name, isUnsure === "!", 20 + at * 40, 30 + row * 60),
    );
    return {
      text: line.replaceAll("!", ""),
      box: { x: 20, y: 30 + row * 60, width: 40, height: 40 },
      digits,
    };
  });
  return {
    text: read.map(({ text }) => text).join("\n"),
    lines: read,
    digits: read.flatMap(({ digits }) => digits),
    width: 400,
    height: 300,
  };
}

function fakeDigit(name: string, isUnsure: boolean, x: number, y: number): DigitPrediction {
  const digit = name === "?" ? 4 : Number(name);
  const confidence = isUnsure ? 0.6 : 0.95;
  const probabilities = new Array<number>(10).fill(0);
  probabilities[digit] = confidence;
  probabilities[(digit + 1) % 10] = isUnsure ? 0.3 : 0.05;
  probabilities[(digit + 2) % 10] = isUnsure ? 0.1 : 0;
  const pixels = new Uint8Array(784).fill(digit);
  return {
    digit,
    confidence,
    probabilities,
    isDigit: name !== "?",
    box: { x, y, width: 20, height: 30 },
    pixels,
  };
}
