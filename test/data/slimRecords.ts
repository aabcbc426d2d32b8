import { defaultDataFormat } from "../../src/dataFormat.ts";
import { exampleEncoder } from "../../src/exampleEncoder.ts";
import type { MnistSplit } from "../../src/formats/mnistIdx.ts";
import { encodeRecord } from "../../src/formats/tfrecord.ts";

/** The TFRecord file of a split as `mnist prepare` writes it, a record at a time. */
export function* slimRecords({ count, images, labels }: MnistSplit): Generator<Uint8Array> {
  const encode = exampleEncoder(defaultDataFormat);
  for (let index = 0; index < count; index++) {
    const example = encode(images.subarray(index * 784, (index + 1) * 784), labels[index] ?? 0);
    if (example instanceof Uint8Array) yield encodeRecord(example);
  }
}
