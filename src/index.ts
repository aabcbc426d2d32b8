/**
 * Handwritten-digit recognition. This is the entry for browsers; in Node the package gives the same functions, and
 * its own for files, through `node.ts`.
 *
 * ```ts
 * import { loadModel, predict } from "mnist-classification";
 *
 * const model = await loadModel();
 * const { digit, probabilities } = await predict(model, "digit.png");
 * ```
 */
import { browserPlatform } from "./browser/platform.ts";
import { createLibrary } from "./predict.ts";

export const { loadModel, predict } = createLibrary(browserPlatform);

export * from "./library.ts";
