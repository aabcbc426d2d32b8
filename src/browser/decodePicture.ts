import { acceptedImageType, MAX_PIXELS, tooManyPixels, undecodable } from "../image/acceptedImage.ts";
import type { Picture } from "../image/picture.ts";

/**
 * The pixels of a PNG or JPEG image: sRGB with alpha, 8 bits a channel, turned as its Exif orientation says. The
 * kind comes from the first bytes, never from `name` or the blob's type; `name` is for messages only. Runs in a
 * page or a worker.
 *
 * Throws BAD_IMAGE for bytes that are no PNG or JPEG, that the browser cannot decode, or that hold more than 16
 * million pixels.
 */
export async function decodePicture(image: Uint8Array | Blob, name: string): Promise<Picture> {
  const blob = image instanceof Blob ? image : new Blob([new Uint8Array(image)]);
  const type = acceptedImageType(new Uint8Array(await blob.slice(0, 64).arrayBuffer()), name);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image", premultiplyAlpha: "none" });
  } catch (error) {
    throw undecodable(name, type, error instanceof Error ? error.message : String(error), error);
  }
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) throw tooManyPixels(name, width, height);
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (context === null) throw undecodable(name, type, "the browser gives no 2d canvas", undefined);
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height, { colorSpace: "srgb" });
  } finally {
    bitmap.close();
  }
}
