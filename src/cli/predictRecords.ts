import type { MnistError } from "../core/errors.ts";
import type { Prediction } from "../recognition/prediction.ts";

/** An answer as a document; its digits' names are those of the library. */
export function predictionDocument(
  source: string,
  prediction: Prediction,
  classes: readonly string[],
): unknown {
  let first = 0;
  const lines = prediction.lines.map(({ text, box, digits }) => {
    const indices = digits.map((_, i) => first + i);
    first += digits.length;
    return { text, box, digits: indices };
  });
  const digits = prediction.digits.map(({ digit, confidence, probabilities, isDigit, box }) => ({
    ...{ digit, className: classes[digit], confidence, probabilities, isDigit, box },
  }));
  const { text, width, height } = prediction;
  return { source, text, lines, digits, width, height };
}

/** The document of a picture that failed. */
export function failureDocument(source: string, { code, message }: MnistError): unknown {
  return { source, error: { code, message } };
}

/** The table's first line, for a network of so many classes. */
export function csvHeader(classes: number): string {
  const probabilities = Array.from({ length: classes }, (_, i) => `p${i}`);
  return `source,line,position,digit,confidence,is_digit,x,y,width,height,${probabilities.join(",")}\n`;
}

/** A row a digit; lines and the positions in them are counted from 1. */
export function csvRows(source: string, { lines }: Prediction): string {
  const rows = lines.flatMap(({ digits }, line) =>
    digits.map(({ digit, confidence, isDigit, box, probabilities }, at) => {
      const place = [box.x, box.y, box.width, box.height];
      return [quoted(source), line + 1, at + 1, digit, confidence, isDigit, ...place, ...probabilities];
    }),
  );
  return rows.map((row) => `${row.join(",")}\n`).join("");
}

/** A field of RFC 4180: in quotes where it has to be, which are doubled in it. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
