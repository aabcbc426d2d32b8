import type { Command } from "commander";
import { MnistError } from "../core/errors.ts";
import type { ImageFormat } from "../image/imageType.ts";
import type { ReadOptions } from "../predict.ts";
import { parseAllowedFormats } from "./allowFormats.ts";
import { type EngineFlags, engineHelp } from "./engine.ts";
import { parseNumber } from "./spec.ts";

/** What `mnist predict` is told, as commander gives it. */
export interface PredictFlags extends EngineFlags {
  readonly checkpoint: string;
  readonly single?: boolean;
  readonly allowFormats?: string;
  readonly recursive?: boolean;
  readonly filesFrom?: string;
  readonly null?: boolean;
  readonly watch?: string;
  readonly onlyNew?: boolean;
  readonly concurrency: string;
  readonly timeout: string;
  readonly maxBytes: string;
  readonly maxRedirects: string;
  readonly publicOnly?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly annotate?: string;
  readonly saveNormalized?: string;
}

/** What holds where no option says otherwise. */
export const predictDefaults = {
  concurrency: "4",
  timeout: "20",
  maxBytes: "20_000_000",
  maxRedirects: "3",
  checkpoint: "lenet",
  threads: "1",
} satisfies PredictFlags;

/** The command's arguments, options and help. */
export function definePredict(program: Command): Command {
  return program
    .command("predict")
    .description("Read the digits in pictures: one digit or a page of them, PNG or JPEG, by path or URL.")
    .argument("[picture...]", "paths, folders, patterns in quotes, http(s) URLs, or - for standard input")
    .option("--single", "each picture shows one digit, however many pieces of ink it is made of")
    .optionsGroup("Pictures:")
    .option(
      "--allow-formats <list>",
      "besides PNG and JPEG: webp, gif, bmp, tiff, avif with commas between, or all",
    )
    .option("--recursive", "look for pictures below the folders too")
    .option("--files-from <list>", "read names of pictures from a file, one a line, or from - as they come")
    .option("--null", "names in the list end in a NUL, as find -print0 writes them")
    .option("--watch <folder>", "read each picture in a folder, and those that come, until Ctrl-C")
    .option("--only-new", "of a watched folder, leave out what is there already")
    .option(
      "--concurrency <n>",
      "pictures that are fetched and decoded at a time",
      predictDefaults.concurrency,
    )
    .optionsGroup("URLs:")
    .option(
      "--timeout <seconds>",
      "for one URL: name, connection, redirects and all",
      predictDefaults.timeout,
    )
    .option("--max-bytes <n>", "of a picture, wherever it comes from", predictDefaults.maxBytes)
    .option("--max-redirects <n>", "that are followed", predictDefaults.maxRedirects)
    .option("--public-only", "refuse what leads into a private network, and lists that name files")
    .optionsGroup("Answers:")
    .option("--verbose", "list every digit of a long page, not only the unsure ones")
    .option("--json", "print one JSON document a picture, one a line, in their order")
    .option("--csv", "print a table, one row a digit")
    .option("--annotate <file|folder>", "write pictures with the digits drawn in; % is the picture's name")
    .option("--save-normalized <folder>", "write each digit as the network saw it, 28x28, as a PNG")
    .optionsGroup("Network:")
    .option(
      "--checkpoint <name|file|folder>",
      "lenet, lenet5 or best, which are shipped, or weights, or a run's folder",
      predictDefaults.checkpoint,
    )
    .option(
      "--threads <n>",
      "threads to compute on; more than one pays off for long pages",
      predictDefaults.threads,
    )
    .option("--engine <variant>", engineHelp)
    .addHelpText("after", help);
}

const help = `
Dark ink on light paper or light on dark. A digit that is less than 90 % sure is shown in yellow, a mark that looks like
no digit as a red question mark. A picture that fails is told on standard error, the others go on, and the status is 1
at the end; a picture without a digit counts as failed. --watch ends with Ctrl-C, and with 130.
A URL may lead into your own network, since it is you who asks; for names from strangers there is --public-only.

Examples:
  mnist predict digit.png
  mnist predict https://example.org/seven.jpg
  curl -s https://example.org/seven.jpg | mnist predict -
  mnist predict --annotate read.png page.jpg            boxes and digits drawn into the page
  mnist predict --allow-formats webp,gif digit.webp
  mnist predict --json scans/ > scans.jsonl             all pictures of a folder, one line each
  mnist predict --csv "scans/**/*.jpg" > digits.csv     one row a digit
  find . -name "*.png" -print0 | mnist predict --files-from - --null --json
  mnist predict --watch inbox --json --annotate read/   each picture that is put into inbox
  mnist predict --checkpoint runs/lenet --single digit.png
`;

/** How pictures are read, within what limits. */
export interface ReadSettings {
  readonly concurrency: number;
  readonly allowFormats: readonly ImageFormat[];
  readonly limits: Required<Pick<ReadOptions, "timeoutMs" | "maxBytes" | "maxRedirects" | "allowPrivate">>;
}

/** @throws MnistError `BAD_ARGUMENT` for numbers out of range, and for flags that contradict each other. */
export function readSettings(pictures: readonly string[], flags: PredictFlags): ReadSettings {
  refuseContradictions(pictures, flags);
  return {
    concurrency: wholeNumber("--concurrency", flags.concurrency, 1, 64),
    allowFormats: flags.allowFormats === undefined ? [] : parseAllowedFormats(flags.allowFormats),
    limits: {
      timeoutMs: 1000 * seconds("--timeout", flags.timeout),
      maxBytes: wholeNumber("--max-bytes", flags.maxBytes, 1, 2 ** 31),
      maxRedirects: wholeNumber("--max-redirects", flags.maxRedirects, 0, 50),
      allowPrivate: flags.publicOnly !== true,
    },
  };
}

function refuseContradictions(pictures: readonly string[], flags: PredictFlags): void {
  const isWatching = flags.watch !== undefined;
  const hasOthers = pictures.length > 0 || flags.filesFrom !== undefined;
  const inputs = pictures.filter((name) => name === "-").length + (flags.filesFrom === "-" ? 1 : 0);
  const problems: readonly (readonly [boolean | undefined, string])[] = [
    [
      !isWatching && !hasOthers,
      "picture: expected a path, a folder, a URL or -, found none; mnist predict --help has examples",
    ],
    [isWatching && hasOthers, "--watch: expected no other pictures than those of its folder, found some"],
    [isWatching && flags.recursive, "--watch: it looks into one folder, not below it; leave --recursive out"],
    [!isWatching && flags.onlyNew, "--only-new: expected --watch with a folder, found none"],
    [flags.filesFrom === undefined && flags.null, "--null: expected --files-from with a list, found none"],
    [inputs > 1, "-: standard input can be read once; name it once"],
    [flags.json && flags.csv, "--csv: expected one way to print, found --json too; choose one"],
  ];
  const [, problem] = problems.find(([isSo]) => isSo) ?? [];
  if (problem !== undefined) throw new MnistError("BAD_ARGUMENT", problem);
}

function seconds(flag: string, text: string): number {
  const value = parseNumber(flag, text);
  if (value > 0 && value <= 86_400) return value;
  const expected = value > 0 ? "a day (86400 s) at most" : "seconds above 0";
  throw new MnistError("BAD_ARGUMENT", `${flag}: expected ${expected}, found ${text}`);
}

function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = parseNumber(flag, text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new MnistError(
    "BAD_ARGUMENT",
    `${flag}: expected a whole number from ${least} to ${most}, found ${text}`,
  );
}
