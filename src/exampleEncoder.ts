import { MnistError } from "./core/errors.ts";
import type { DataFormat } from "./dataFormat.ts";
import { decodeMnistExample, encodePlainExample, encodeSlimExample } from "./formats/mnistExample.ts";
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
    return rawEncoder((bytes, label) => encodePlainExample({ bytes, label, ...size, channels: 1 }));
  const slim = (bytes: Uint8Array, label: number): Uint8Array =>
    encodeSlimExample({ bytes, encoding, label, ...size });
  if (encoding === "raw") return rawEncoder(slim);
  if (encoding === "jpeg") return async (pixels, label) => slim(await encodeJpeg(pixels, size), label);
  const encodePng = greyPngEncoder(mnistSize, mnistSize);
  return (pixels, label) => slim(encodePng(pixels), label);
}

/**
 * What `encode` gives, several times as fast: examples of raw pixels with the same label differ in these pixels only,
 * so that one of each label is encoded and the others are copies of it.
 */
function rawEncoder(encode: (pixels: Uint8Array, label: number) => Uint8Array): ExampleEncoder {
  const models = new Map<number, { readonly example: Uint8Array; readonly at: number }>();
  return (pixels, label) => {
    let model = models.get(label);
    if (model === undefined) {
      const example = encode(pixels, label);
      model = { example, at: decodeMnistExample(example, label + 1).bytes.byteOffset - example.byteOffset };
      models.set(label, model);
    }
    const copy = model.example.slice();
    copy.set(pixels, model.at);
    return copy;
  };
}
