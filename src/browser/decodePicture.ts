import {
  acceptedImageType,
  checkSize,
  type DecodeOptions,
  undecodable,
  unsupported,
} from "../image/acceptedImage.ts";
import type { ImageFormat } from "../image/imageType.ts";
import { MAX_SIDE, type Picture } from "../image/picture.ts";

/** What not every browser decodes: that one fails says little of the file. */
const RARE: readonly ImageFormat[] = ["tiff", "avif"];

/**
 * The pixels of a PNG or JPEG image, or of another format that `allowFormats` lists: sRGB with alpha, 8 bits a channel,
 * turned as its Exif orientation says, its first frame where it has several. The kind comes from the first bytes, never
 * from `name` or the blob's type; `name` is for messages only. An image with a side longer than {@link MAX_SIDE} is made
 * smaller. Runs in a page or a worker.
 *
 * Throws BAD_IMAGE for bytes of any other kind, that the browser cannot decode, or that hold more than 25 million
 * pixels.
 */
export async function decodePicture(
  image: Uint8Array | Blob,
  name: string,
  { allowFormats }: DecodeOptions = {},
): Promise<Picture> {
  const blob = image instanceof Blob ? image : new Blob([new Uint8Array(image)]);
  const format = acceptedImageType(new Uint8Array(await blob.slice(0, 64).arrayBuffer()), name, allowFormats);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "none" });
  } catch (error) {
    if (RARE.includes(format)) throw unsupported(name, format, "that this browser cannot decode", error);
    throw undecodable(name, format, error instanceof Error ? error.message : String(error), error);
  }
  try {
    const { width: fullWidth, height: fullHeight } = bitmap;
    checkSize(name, fullWidth, fullHeight);
    const scale = Math.min(1, MAX_SIDE / Math.max(fullWidth, fullHeight));
    const width = Math.max(1, Math.round(fullWidth * scale));
    const height = Math.max(1, Math.round(fullHeight * scale));
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (context === null) throw undecodable(name, format, "the browser gives no 2d canvas");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height, { colorSpace: "srgb" });
    return { width, height, data, ...(scale < 1 && { fullWidth, fullHeight }) };
  } finally {
    bitmap.close();
  }
}
