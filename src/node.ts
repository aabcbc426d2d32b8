/** The entry for Node: the library of `index.ts` over files, worker threads and safe fetching. */
import { createDataLibrary } from "./dataLibrary.ts";
import { readBatches } from "./node/input.ts";
import { nodePlatform } from "./node/platform.ts";
import { createLibrary } from "./predict.ts";

export const { loadModel, predict } = createLibrary(nodePlatform);

export const { epochBatches, train, validate } = createDataLibrary(readBatches);

/** An engine to train and predict on: the fastest kernels that the host has, on all cores unless options say less. */
export const createEngine = nodePlatform.createEngine;

export * from "./library.ts";
export { allowOnlyFormats } from "./node/decodePicture.ts";
export { fileSource } from "./node/files.ts";
export { runFolder } from "./node/runFolder.ts";
