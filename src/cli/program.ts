import { reportError, statusOf } from "./ending.ts";
import type { Io } from "./terminal.ts";

/**
 * Runs the command `mnist` with `argv` (without the program's own name) and gives its exit status: 0 done, 1 the
 * work failed, 2 wrong usage, 130 interrupted. Whatever goes wrong ends here, in one sentence on standard error.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const pictures = picturesAlone(argv);
  if (pictures === undefined) return (await import("./commandLine.ts")).runCommandLine(argv, io);
  try {
    const { predictPictures } = await import("./predict.ts");
    await predictPictures(pictures, io);
    return statusOf(io);
  } catch (error) {
    return reportError(error, io, { withStack: false });
  }
}

/**
 * What to predict where there is nothing but names of pictures: no options to understand, and so no library to load for them,
 * which takes as long as the network does. A lone `-` is left to that library too.
 */
function picturesAlone([command, ...names]: readonly string[]): readonly string[] | undefined {
  const isPlain = command === "predict" && names.length > 0 && names.every((name) => !name.startsWith("-"));
  return isPlain ? names : undefined;
}
