import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import { isShippedModel, shippedModels } from "../core/shippedModels.ts";
import { runFolder } from "../node/runFolder.ts";
import { listCheckpoints, modelFile } from "../trainingRun.ts";

/** Where trainings go unless told otherwise. */
export const runsFolder = "runs";

/** `runs/lenet`, or the first of `runs/lenet-2`, `runs/lenet-3` ... that is not there, locked by `lock`. */
export async function freshRunFolder(
  name: string,
  cwd: string,
  lock: (folder: string) => Promise<void>,
): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = join(runsFolder, n === 1 ? name : `${name}-${n}`);
    if (existsSync(resolve(cwd, folder))) continue;
    try {
      await lock(folder);
      return folder;
    } catch (error) {
      // Another training began there at this very moment.
      if (!(error instanceof MnistError && error.code === "BUSY")) throw error;
    }
  }
}

/**
 * Gives `work` a way to lock runs' folders, each by its name as people call it, and unlocks them when it ends: no two
 * processes train into one folder.
 */
export async function withRunLocks(
  cwd: string,
  work: (lock: (folder: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const { lockRun } = await import("../node/runLock.ts");
  const unlocks: (() => Promise<void>)[] = [];
  try {
    await work(async (folder) => {
      unlocks.push(await lockRun(resolve(cwd, folder), folder));
    });
  } finally {
    for (const unlock of unlocks) await unlock();
  }
}

/** The run whose weights or checkpoints were written last, if there is a run. */
export function newestRun(cwd: string): string | undefined {
  const root = resolve(cwd, runsFolder);
  if (!existsSync(root)) return undefined;
  const written = (run: string) =>
    [modelFile, "checkpoints"]
      .map((one) => join(root, run, one))
      .filter((path) => existsSync(path))
      .map((path) => statSync(path).mtimeMs);
  return readdirSync(root)
    .map((run) => ({ run, time: Math.max(...written(run)) }))
    .filter(({ time }) => Number.isFinite(time))
    .sort((a, b) => b.time - a.time)
    .map(({ run }) => join(runsFolder, run))[0];
}

/**
 * The file of weights that `--checkpoint` names: a file, or a run's folder, whose best weights are taken, or its
 * newest checkpoint where it has none yet.
 */
export async function resolveCheckpoint(name: string, cwd: string): Promise<string> {
  const path = resolve(cwd, name);
  if (!existsSync(path))
    throw new MnistError("NOT_FOUND", `${name}: there is no such file or folder; check the path`);
  if (!statSync(path).isDirectory()) return name;
  if (existsSync(join(path, modelFile))) return join(name, modelFile);
  const newest = (await listCheckpoints(runFolder(path))).at(-1);
  if (newest) return join(name, newest);
  throw new MnistError(
    "NOT_FOUND",
    `${name}: expected ${modelFile} or checkpoints in this folder, found neither; give a folder that mnist train wrote`,
  );
}

/**
 * The weights that `--checkpoint` names: shipped ones by their name (a folder that is called so is `./lenet`), others as
 * {@link resolveCheckpoint} finds them; the default of the shipped ones where it is left out.
 */
export async function readWeights(
  named: string = shippedModels[0],
  cwd: string,
): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
  if (isShippedModel(named))
    return (await import("../node/platform.ts")).nodePlatform.readShippedWeights(named);
  const name = await resolveCheckpoint(named, cwd);
  return { name, bytes: await (await import("../node/readFile.ts")).readFileBytes(resolve(cwd, name)) };
}
