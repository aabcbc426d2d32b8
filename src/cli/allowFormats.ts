import { MnistError } from "../core/errors.ts";
import { acceptedFormats } from "../image/acceptedImage.ts";
import { type ImageFormat, imageFormats } from "../image/imageType.ts";

/** The formats that `--allow-formats` adds, PNG and JPEG with them: names with commas between, or `all`. */
export function parseAllowedFormats(text: string): readonly ImageFormat[] {
  if (text.trim().toLowerCase() === "all") return imageFormats;
  return acceptedFormats(text.split(",").map((part) => parseFormat(part.trim())));
}

/** The other names that files have. */
const OTHER_NAMES: ReadonlyMap<string, ImageFormat> = new Map([
  ["jpg", "jpeg"],
  ["tif", "tiff"],
]);

function parseFormat(name: string): ImageFormat {
  const lower = name.toLowerCase();
  const format = imageFormats.find((one) => one === lower) ?? OTHER_NAMES.get(lower);
  if (format !== undefined) return format;
  throw new MnistError(
    "BAD_ARGUMENT",
    `--allow-formats: expected all, or some of ${imageFormats.join(", ")} with commas between, found "${name}"`,
  );
}
