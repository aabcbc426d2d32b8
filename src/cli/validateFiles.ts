import { hostname } from "node:os";
import { resolve } from "node:path";
import {
  type EvaluationSource,
  encodeEvaluation,
  encodeRobustness,
  evaluationFiles,
  type Robustness,
} from "../evaluationFile.ts";
import { mnistSize } from "../formats/mnistIdx.ts";
import { greyPngEncoder } from "../formats/png.ts";
import { contactSheet } from "../inspect/contactSheet.ts";
import type { Mistake } from "../metrics/mistakes.ts";
import { writeFileAtomic } from "../node/files.ts";
import { runFolder } from "../node/runFolder.ts";
import { evaluationSummaries } from "../summaries/evaluation.ts";
import { createEventWriter } from "../summaries/eventWriter.ts";
import type { Evaluation } from "../validate.ts";
import { colorsFor, formatCount, type Io } from "./terminal.ts";

/** Into a run's folder: for TensorBoard, and all of it as JSON. */
export async function writeEvaluation(
  evaluation: Evaluation,
  about: EvaluationSource & { readonly seconds: number },
  path: string,
): Promise<void> {
  const folder = runFolder(path);
  const writer = createEventWriter("test", {
    ...{ folder, now: () => about.wallTime },
    ...{ host: hostname(), pid: process.pid },
  });
  await writer.values(about.step, evaluationSummaries(evaluation));
  const text = encodeEvaluation({ ...about, what: "test" }, evaluation);
  await folder.write(evaluationFiles.test, Buffer.from(text));
}

/** The same of what was measured on perturbed images. */
export async function writeRobustness(
  robustness: Robustness,
  about: EvaluationSource,
  path: string,
): Promise<void> {
  const text = encodeRobustness(about, robustness);
  await runFolder(path).write(evaluationFiles.robustness, Buffer.from(text));
}

/** A contact sheet of mistakes, each with its label and what it was taken for. */
export async function writeSheet(file: string, mistakes: readonly Mistake[], io: Io): Promise<void> {
  const { dim } = colorsFor(io.stderr, io);
  if (mistakes.length === 0) {
    io.stderr.write(`${dim(`Wrote no ${file}: there are no mistakes`)}\n`);
    return;
  }
  const { width, height, pixels } = contactSheet(
    mistakes.map(({ index, label, predicted, pixels }) => ({
      ...{ index, width: mnistSize, height: mnistSize, pixels },
      caption: `${label}>${predicted}`,
    })),
  );
  await writeFileAtomic(resolve(io.cwd, file), greyPngEncoder(height, width)(pixels));
  io.stderr.write(
    `${dim(`Wrote ${file}: ${formatCount(mistakes.length)} mistakes, ${width}x${height} pixels`)}\n`,
  );
}
