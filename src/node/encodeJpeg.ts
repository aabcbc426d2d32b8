import sharp from "sharp";

/** A grey JPEG of grey levels `[height, width]`, of TensorFlow's default quality (`tf.io.encode_jpeg`): 95. */
export async function encodeJpeg(
  pixels: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
): Promise<Uint8Array> {
  const picture = sharp(pixels, { raw: { height, width, channels: 1 } });
  return picture.toColourspace("b-w").jpeg({ quality: 95 }).toBuffer();
}
