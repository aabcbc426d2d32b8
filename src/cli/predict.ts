import { resolve } from "node:path";
import type { Command } from "commander";
import { isShippedModel } from "../core/shippedModels.ts";
import { allowOnlyFormats } from "../node/decodePicture.ts";
import { nodePlatform } from "../node/platform.ts";
import { createLibrary, type LoadOptions } from "../predict.ts";
import { engineOptions, noteEngine } from "./engine.ts";
import type { PictureFiles } from "./predictFiles.ts";
import { definePredict, type PredictFlags, predictDefaults, readSettings } from "./predictFlags.ts";
import { createPrinter } from "./predictPrinter.ts";
import { inOrder } from "./predictQueue.ts";
import { isOneDigit, isOnePicture, openSources, type Sources } from "./predictSources.ts";
import { pictureReader } from "./predictWork.ts";
import type { Io } from "./terminal.ts";

/** `mnist predict`. */
export function registerPredict(program: Command, io: Io): void {
  definePredict(program).action((pictures: readonly string[], _: unknown, command: Command) =>
    run(pictures, command.optsWithGlobals<PredictFlags>(), io),
  );
}

/** `mnist predict` with these names and no options. */
export function predictPictures(pictures: readonly string[], io: Io): Promise<void> {
  return run(pictures, predictDefaults, io);
}

async function run(pictures: readonly string[], flags: PredictFlags, io: Io): Promise<void> {
  const { concurrency, allowFormats, limits } = readSettings(pictures, flags);
  allowOnlyFormats(allowFormats);
  const library = createLibrary(nodePlatform);
  const model = library.loadModel(await loadOptions(pictures, flags, io));
  model.catch(() => {}); // told of where it is waited for
  // What is under way ends too when something other than Ctrl-C ends all.
  const stop = new AbortController();
  const signal = AbortSignal.any([io.signal, stop.signal]);
  try {
    if (flags.debug) await noteEngine(await model, flags, io);
    const sources = await openSources(pictures, flags, signal, io);
    if (!sources.isOne) await model; // before anything is fetched in vain
    const files = await outputFiles(flags, sources, io);
    const isSingle = flags.single === true;
    const read = pictureReader(
      {
        library,
        model,
        limits,
        allowFormats,
        isSingle,
        isOne: sources.isOne,
        signal,
        ...(files && { files }),
      },
      io,
    );
    const printer = await createPrinter(flags, sources, model, io);
    for await (const answer of inOrder(sources, concurrency, read)) {
      if (io.signal.aborted) break;
      await printer.tell(answer);
    }
    printer.end();
  } finally {
    stop.abort();
    await model.then(
      (loaded) => loaded.close(),
      () => {},
    );
  }
}

/** Which weights, and how they are loaded: for one picture they are not arranged, and if it shows one digit not even kept. */
async function loadOptions(
  pictures: readonly string[],
  flags: PredictFlags,
  { cwd }: Io,
): Promise<LoadOptions> {
  const [one, ...others] = flags.filesFrom === undefined ? pictures : [];
  const forOnce = one !== undefined && others.length === 0 && isOnePicture(one, cwd);
  const options = { ...engineOptions(flags), forOnce, onDemand: forOnce && isOneDigit(one, cwd) };
  const { checkpoint } = flags;
  if (isShippedModel(checkpoint)) return { ...options, model: checkpoint };
  const { resolveCheckpoint } = await import("./runs.ts");
  return { ...options, weights: resolve(cwd, await resolveCheckpoint(checkpoint, cwd)) };
}

/** The files that are asked for, if any. */
async function outputFiles(
  flags: PredictFlags,
  { isOne }: Sources,
  { cwd }: Io,
): Promise<PictureFiles | undefined> {
  if (flags.annotate === undefined && flags.saveNormalized === undefined) return undefined;
  const { pictureFiles } = await import("./predictFiles.ts");
  return pictureFiles(flags, { cwd, isOne });
}
