import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../src/cli/program.ts";
import type { Io } from "../../src/cli/terminal.ts";
import { lenet5 } from "../../src/lenet.ts";
import { conv2d, dense, dropout, flatten, type ModelDefinition, maxPool2d } from "../../src/nn/definition.ts";
import { preparedFiles } from "../../src/prepare.ts";
import { realImages } from "../data/realImages.ts";
import { slimRecords } from "../data/slimRecords.ts";
import { testIo } from "./testIo.ts";

/** How many images the prepared data of a workspace have. */
export const prepared = { train: 200, test: 150 } as const;

/** A network that is trained in a moment; `small.json` in a workspace. */
export const small: ModelDefinition = {
  ...lenet5,
  name: "Small",
  layers: [
    conv2d({ name: "conv", filters: 4, kernelSize: 5, strides: 2, activation: "relu" }), // [n, 12, 12, 4]
    maxPool2d({ name: "pool", poolSize: 2 }), // [n, 6, 6, 4]
    flatten({ name: "flatten" }),
    dropout({ name: "dropout", rate: 0.2 }),
    dense({ name: "logits", units: 10 }),
  ],
};

export interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly stdin?: AsyncIterable<Uint8Array>;
  /** Told of each text that is written; aborting from here is a Ctrl-C at that moment. */
  readonly onWrite?: (text: string, interrupt: () => void) => void;
  readonly isTTY?: boolean;
}

/** A folder to run commands in. */
export interface Workspace {
  readonly path: string;
  run(argv: readonly string[], options?: RunOptions): Promise<Result>;
  remove(): Promise<void>;
}

/** A temporary folder with `small.json` and, unless told otherwise, a little MNIST in `data/mnist`. */
export async function createWorkspace({ withData = true } = {}): Promise<Workspace> {
  const path = await mkdtemp(join(tmpdir(), "mnist-test-"));
  await writeFile(join(path, "small.json"), JSON.stringify(small));
  if (withData) {
    const folder = join(path, "data", "mnist");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, preparedFiles.train), [
      ...slimRecords(realImages("train", 0, prepared.train)),
    ]);
    await writeFile(join(folder, preparedFiles.test), [...slimRecords(realImages("t10k", 0, prepared.test))]);
  }
  return {
    path,
    async run(argv, { stdin, onWrite, isTTY = false } = {}) {
      const controller = new AbortController();
      const io = testIo({ cwd: path, signal: controller.signal, isTTY, ...(stdin && { stdin }) });
      const told = (output: Io["stdout"]): Io["stdout"] => ({
        isTTY,
        columns: output.columns,
        write(text) {
          output.write(text);
          onWrite?.(text, () => controller.abort());
        },
      });
      const status = await main(argv, { ...io, stdout: told(io.stdout), stderr: told(io.stderr) });
      return { status, out: io.out(), err: io.err() };
    },
    remove: () => rm(path, { recursive: true }),
  };
}
