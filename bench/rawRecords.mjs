import { exampleEncoder } from "../dist/exampleEncoder.js";
import { encodeRecord } from "../dist/formats/tfrecord.js";

/** The first `count` images as TFRecords of raw pixels in the classic layout. */
export function rawRecords({ images, labels }, count = labels.length) {
  const encode = exampleEncoder({ layout: "classic", encoding: "raw" });
  const record = (_, i) => encodeRecord(encode(images.subarray(i * 784, (i + 1) * 784), labels[i]));
  return Buffer.concat(Array.from({ length: count }, record));
}
