/**
 * Handwritten-digit recognition. This is the entry for browsers; in Node the package gives the same functions, and
 * its own for files, through `node.ts`.
 *
 * ```ts
 * import { loadModel, predict } from "mnist-classification";
 *
 * const model = await loadModel();
 * const { text, digits } = await predict(model, "digits.png");
 * ```
 */

import { readBatches } from "./browser/input.ts";
import { browserPlatform } from "./browser/platform.ts";
import { createDataLibrary } from "./dataLibrary.ts";
import { createLibrary } from "./predict.ts";

export const { loadModel, predict } = createLibrary(browserPlatform);

export const { epochBatches, train, validate } = createDataLibrary(readBatches);

/** An engine to train and predict on: the fastest kernels that the host has, on all cores unless options say less. */
export const createEngine = browserPlatform.createEngine;

export * from "./library.ts";
