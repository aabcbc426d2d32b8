import sharp from "sharp";
import type { Picture } from "../image/picture.ts";

/** A picture as a file; a JPEG, which knows no transparency, has white paper behind it. */
export function encodePicture({ width, height, data }: Picture, type: "png" | "jpeg"): Promise<Uint8Array> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const picture = sharp(bytes, { raw: { width, height, channels: 4 } });
  if (type === "jpeg") return picture.flatten({ background: "white" }).jpeg({ quality: 90 }).toBuffer();
  return picture.png({ compressionLevel: 6 }).toBuffer();
}
