import { MnistError } from "../core/errors.ts";

/**
 * The names of the classes in a `labels.txt` as TF-slim writes it, a line for each: `0:zero`.
 *
 * @throws MnistError `BAD_DATA` that names the line.
 */
export function parseClassNames(text: string, file: string): string[] {
  const lines = text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "");
  return lines.map((line, index) => {
    const [, label, name] = /^(\d+):(.*\S)\s*$/.exec(line) ?? [];
    if (name !== undefined && Number(label) === index) return name.trim();
    throw new MnistError(
      "BAD_DATA",
      `${file}: line ${index + 1}: expected "${index}:" and the name of the class, found ${JSON.stringify(line.slice(0, 80))}`,
    );
  });
}
