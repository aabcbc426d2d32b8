import { MnistError } from "../core/errors.ts";

/** A `labels.txt`: a line for each class, as TF-slim writes them, `0:zero`. */
export function encodeClassNames(classNames: readonly string[]): Uint8Array {
  return new TextEncoder().encode(classNames.map((name, label) => `${label}:${name}\n`).join(""));
}

/**
 * The names of the classes in a `labels.txt`. TF-slim's own calls the digit 6 `size`; it is read as `six`.
 *
 * @throws MnistError `BAD_DATA` that names the line.
 */
export function parseClassNames(text: string, file: string): string[] {
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  const names = lines.map((line, index) => {
    const [, label, name] = /^(\d+):(.*\S)\s*$/.exec(line) ?? [];
    if (name !== undefined && Number(label) === index) return name.trim();
    throw new MnistError(
      "BAD_DATA",
      `${file}: line ${index + 1}: expected "${index}:" and the name of the class, found ${JSON.stringify(line.slice(0, 80))}`,
    );
  });
  return names[5] === "five" && names[6] === "size" ? names.with(6, "six") : names;
}
