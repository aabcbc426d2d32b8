import { MnistError } from "../core/errors.ts";
import type { Model } from "../predict.ts";
import type { Prediction } from "../recognition/prediction.ts";
import type { PredictFlags } from "./predictFlags.ts";
import type { Sources } from "./predictSources.ts";
import { predictionText } from "./predictText.ts";
import type { Answer } from "./predictWork.ts";
import { colorsFor, counted, createProgressLine, formatCount, type Io, printable } from "./terminal.ts";

/** Tells answers, one after the other. */
export interface Printer {
  /** @throws MnistError the failure of a picture where it is the only one, and `INTERRUPTED`. */
  tell(answer: Answer): Promise<void>;
  /** @throws MnistError that counts the pictures that failed, if any did. */
  end(): void;
}

/** How answers are written to standard output. */
interface Style {
  readonly answer: (source: string, prediction: Prediction, classes: readonly string[]) => string;
  readonly failure: (source: string, error: MnistError) => string;
  /** Before the first answer, also where all fail. */
  readonly head: (classes: readonly string[]) => string;
}

const nothing = (): string => "";

/** For people, as JSON or as CSV. */
async function styleFor(flags: PredictFlags, io: Io): Promise<Style> {
  if (!flags.json && !flags.csv) {
    const isVerbose = flags.verbose === true;
    let count = 0;
    const answer: Style["answer"] = (...one) =>
      (count++ > 0 ? "\n" : "") + predictionText(...one, { isVerbose, io });
    return { answer, failure: nothing, head: nothing };
  }
  const { csvHeader, csvRows, failureDocument, predictionDocument } = await import("./predictRecords.ts");
  if (flags.csv) {
    return { answer: csvRows, failure: nothing, head: (classes) => csvHeader(classes.length) };
  }
  const line = (document: unknown): string => `${JSON.stringify(document)}\n`;
  return {
    answer: (...one) => line(predictionDocument(...one)),
    failure: (...one) => line(failureDocument(...one)),
    head: nothing,
  };
}

/** A printer of the kind that flags ask for, which also shows how far the work is. */
export async function createPrinter(
  flags: PredictFlags,
  sources: Sources,
  model: Promise<Model>,
  io: Io,
): Promise<Printer> {
  const style = await styleFor(flags, io);
  const progress = createProgressLine(io, "Reading");
  let [told, failed] = [0, 0];
  return {
    async tell(answer) {
      const { classes } = (await model).definition;
      const isFailure = "error" in answer;
      if (isFailure && answer.error.code === "INTERRUPTED") throw answer.error;
      const text = isFailure
        ? style.failure(answer.source, answer.error)
        : style.answer(answer.source, answer.prediction, classes);
      progress.clear();
      io.stdout.write(`${told === 0 ? style.head(classes) : ""}${text}`);
      told++;
      if (isFailure) {
        failed++;
        if (sources.isOne) throw answer.error;
        io.stderr.write(
          `${colorsFor(io.stderr, io).red(`error: ${printable(answer.error.message, 2000)}`)}\n`,
        );
      }
      const total = sources.total();
      if (total !== undefined && told < total) progress.update(told, total);
    },
    end() {
      progress.clear();
      if (failed === 0) return;
      const count = `${formatCount(failed)} of ${counted(told, "picture")}`;
      throw new MnistError("BAD_IMAGE", `${count} could not be read`);
    },
  };
}
