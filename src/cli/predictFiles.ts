import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { MnistError } from "../core/errors.ts";
import { mnistSize } from "../formats/mnistIdx.ts";
import { greyPngEncoder } from "../formats/png.ts";
import type { Picture } from "../image/picture.ts";
import { writeFileAtomic } from "../node/files.ts";
import type { Prediction } from "../recognition/prediction.ts";
import type { PredictFlags } from "./predictFlags.ts";
import type { Source } from "./predictSource.ts";

/** The files that are written for pictures. */
export interface PictureFiles {
  /** What those of a picture are called, from its own name; no two pictures' are called the same. */
  nameFor(source: Source): PictureName;
  write(name: PictureName, picture: Picture, prediction: Prediction): Promise<void>;
}

interface PictureName {
  readonly stem: string;
  /** Whether it comes as a JPEG. */
  readonly isJpeg: boolean;
}

/**
 * What `--annotate` and `--save-normalized` write. `isOne`: there is one picture, so that a file's name is enough.
 *
 * @throws MnistError `BAD_ARGUMENT` where the pictures would be written over each other or into the watched folder.
 */
export async function pictureFiles(
  { annotate, saveNormalized, watch }: PredictFlags,
  { cwd, isOne }: { readonly cwd: string; readonly isOne: boolean },
): Promise<PictureFiles> {
  const pathFor = annotate === undefined ? undefined : await annotatedPaths(annotate, { cwd, isOne });
  const normalized = saveNormalized === undefined ? undefined : resolve(cwd, saveNormalized);
  if (watch !== undefined) {
    const watched = resolve(cwd, watch);
    const anyName = { stem: "picture", isJpeg: false };
    if (pathFor) await refuseWithin(watched, dirname(pathFor(anyName)), "--annotate");
    if (normalized) await refuseWithin(watched, normalized, "--save-normalized");
  }
  const encode = greyPngEncoder(mnistSize, mnistSize);
  return {
    nameFor: uniqueNames(),
    async write(name, picture, prediction) {
      if (pathFor) {
        const { annotated } = await import("./predictAnnotate.ts");
        const { encodePicture } = await import("../node/encodePicture.ts");
        const path = pathFor(name);
        const drawn = annotated(picture, prediction);
        await writeFileAtomic(path, await encodePicture(drawn, isJpegName(path) ? "jpeg" : "png"));
      }
      if (normalized === undefined) return;
      const width = Math.max(2, String(prediction.digits.length).length);
      for (const [i, { digit, isDigit, pixels }] of prediction.digits.entries()) {
        const file = `${name.stem}-${String(i + 1).padStart(width, "0")}-${isDigit ? digit : "x"}.png`;
        await writeFileAtomic(join(normalized, file), encode(pixels));
      }
    },
  };
}

function isJpegName(path: string): boolean {
  return /\.jpe?g$/i.test(path);
}

/** Where the picture of a name is drawn: in a folder by its own name, or as `annotate` says. */
async function annotatedPaths(
  annotate: string,
  { cwd, isOne }: { readonly cwd: string; readonly isOne: boolean },
): Promise<(name: PictureName) => string> {
  const path = resolve(cwd, annotate);
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => /[/\\]$/.test(annotate) || !/\.[a-z]{3,4}$/i.test(annotate.replaceAll("%", "")),
  );
  if (isFolder && !annotate.includes("%")) {
    return ({ stem, isJpeg }) => join(path, `${stem}.${isJpeg ? "jpg" : "png"}`);
  }
  if (!/\.(png|jpe?g)$/i.test(annotate)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--annotate: expected a folder, or a name that ends in .png or .jpg, found ${annotate}`,
    );
  }
  if (!isOne && !annotate.includes("%")) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--annotate: expected a folder for several pictures, or a name with % such as read/%.png, found ${annotate}`,
    );
  }
  return ({ stem }) =>
    resolve(
      cwd,
      annotate.replaceAll("%", () => stem),
    );
}

/** What is written into the watched folder would be read as the next picture, without an end. */
async function refuseWithin(watched: string, folder: string, flag: string): Promise<void> {
  const known = (path: string) => stat(path).catch(() => undefined);
  const [one, other] = [await known(watched), await known(folder)];
  if (one === undefined || one.ino !== other?.ino || one.dev !== other.dev) return;
  throw new MnistError(
    "BAD_ARGUMENT",
    `${flag}: expected another folder than the watched one, which would be read again, found ${folder}`,
  );
}

function uniqueNames(): (source: Source) => PictureName {
  const given = new Map<string, PictureName>(); // a watched picture that changes keeps its name
  const taken = new Set<string>();
  return ({ name }) => {
    const known = given.get(name);
    if (known) return known;
    const stem = stemOf(name);
    let unique = stem;
    // Some file systems take A for a.
    for (let i = 2; taken.has(unique.toLowerCase()); i++) unique = `${stem}-${i}`;
    taken.add(unique.toLowerCase());
    const one = { stem: unique, isJpeg: isJpegName(name.replace(/[?#].*$/, "")) };
    given.set(name, one);
    return one;
  };
}

/** A picture's name without folders, ending and what a file's name may not have. */
function stemOf(name: string): string {
  if (name === "-") return "stdin";
  const isUrl = URL.canParse(name) && /^[a-z][a-z0-9+.-]+:\/\//i.test(name);
  const path = isUrl ? new URL(name).pathname : name;
  const last = path.split(/[/\\]/).findLast((part) => part !== "") ?? "";
  const stem = last
    .replace(/\.[a-z]{3,4}$/i, "")
    .replace(/[\p{Cc}<>:"|?*%]/gu, "_")
    .replace(/^\.+/, "")
    .slice(0, 100);
  return stem === "" ? "picture" : stem;
}
