import { MnistError } from "./core/errors.ts";
import type { DataFormat } from "./dataFormat.ts";
import { encodePlainExample, encodeSlimExample } from "./formats/mnistExample.ts";
import { mnistSize } from "./formats/mnistIdx.ts";
import { greyPngEncoder } from "./formats/png.ts";

/** Makes a JPEG file of grey levels `[height, width]`. */
export type EncodeJpeg = (
  pixels: Uint8Array,
  size: { readonly height: number; readonly width: number },
) => Promise<Uint8Array>;

/** Makes the tf.Example of a picture `[28, 28]`; at once, unless its encoder is somebody else's. */
export type ExampleEncoder = (pixels: Uint8Array, label: number) => Uint8Array | Promise<Uint8Array>;

/** The encoder of a format that `checkDataFormat` has passed; `encodeJpeg` is needed for the encoding `jpeg`. */
export function exampleEncoder(
  { layout, encoding }: Pick<DataFormat, "layout" | "encoding">,
  encodeJpeg: EncodeJpeg = () => Promise.reject(new MnistError("UNSUPPORTED", "no JPEG encoder was given")),
): ExampleEncoder {
  const size = { height: mnistSize, width: mnistSize };
  if (layout === "classic")
    return (bytes, label) => encodePlainExample({ bytes, label, ...size, channels: 1 });
  const slim = (bytes: Uint8Array, label: number): Uint8Array =>
    encodeSlimExample({ bytes, encoding, label, ...size });
  if (encoding === "raw") return slim;
  if (encoding === "jpeg") return async (pixels, label) => slim(await encodeJpeg(pixels, size), label);
  const encodePng = greyPngEncoder(mnistSize, mnistSize);
  return (pixels, label) => slim(encodePng(pixels), label);
}
