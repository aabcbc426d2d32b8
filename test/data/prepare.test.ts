import { createHash } from "node:crypto";
import { decode as decodePng } from "fast-png";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import type { OutputFolder } from "../../src/core/outputFolder.ts";
import { decodeExample } from "../../src/formats/example.ts";
import { readRecords } from "../../src/formats/tfrecord.ts";
import { prepareDataset } from "../../src/prepare.ts";
import { realDigits } from "./smallMnist.ts";

const all = realDigits(50);
const data = {
  origin: "a test",
  train: { count: 30, images: all.images.subarray(0, 30 * 784), labels: all.labels.subarray(0, 30) },
  test: { count: 20, images: all.images.subarray(30 * 784), labels: all.labels.subarray(30) },
};

/** A folder in memory; files written are complete or not there. */
function memoryFolder(): OutputFolder & { readonly files: Map<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  const fingerprintOf = (bytes: Uint8Array) => ({
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  });
  return {
    name: "memory",
    files,
    read: async (file) => files.get(file),
    async fingerprint(file) {
      const bytes = files.get(file);
      return bytes && fingerprintOf(bytes);
    },
    async write(file, chunks) {
      const bytes = Buffer.concat([...chunks]);
      files.set(file, bytes);
      return fingerprintOf(bytes);
    },
  };
}

const load = async () => data;
const mustNotLoad = async (): Promise<never> => {
  throw new Error("loaded");
};

describe("prepareDataset", () => {
  test("writes TF-slim's files", async () => {
    const output = memoryFolder();
    const { manifest, written } = await prepareDataset({ load, output });
    expect(written).toEqual(["mnist_train.tfrecord", "mnist_test.tfrecord", "labels.txt", "mnist.json"]);
    expect(Buffer.from(output.files.get("labels.txt") ?? []).toString()).toBe(
      "0:zero\n1:one\n2:two\n3:three\n4:four\n5:five\n6:six\n7:seven\n8:eight\n9:nine\n",
    );
    for (const split of ["train", "test"] as const) {
      const file = new Uint8Array(output.files.get(`mnist_${split}.tfrecord`) ?? []);
      let index = 0;
      for await (const records of readRecords(bytesSource(split, file))) {
        for (const record of records) {
          const { "image/encoded": encoded, ...others } = Object.fromEntries(decodeExample(record.data));
          expect(others).toEqual({
            "image/format": { bytesList: [new TextEncoder().encode("png")] },
            "image/class/label": { int64List: [data[split].labels[index]] },
            "image/height": { int64List: [28] },
            "image/width": { int64List: [28] },
          });
          const [png = new Uint8Array()] = encoded && "bytesList" in encoded ? encoded.bytesList : [];
          const pixels = data[split].images.subarray(index * 784, (index + 1) * 784);
          expect(Buffer.compare(decodePng(png).data as Uint8Array, pixels)).toBe(0);
          index++;
        }
      }
      expect(index).toBe(data[split].count);
    }
    // The first 30 labels of the test set, counted by hand: 7 2 1 0 4 1 4 9 5 9 0 6 9 0 1 5 9 7 3 4 9 6 6 5 4 0 7 4 0 1
    expect(manifest.train.perClass).toEqual([5, 4, 1, 1, 5, 3, 3, 3, 0, 5]);
    expect(JSON.parse(Buffer.from(output.files.get("mnist.json") ?? []).toString())).toEqual(manifest);
  });

  test("takes another data set's name and classes", async () => {
    const output = memoryFolder();
    const others = {
      name: "kmnist",
      classNames: ["お", "き", "す", "つ", "な", "は", "ま", "や", "れ", "を"],
    };
    const { written } = await prepareDataset({ load, output, ...others });
    expect(written).toEqual(["kmnist_train.tfrecord", "kmnist_test.tfrecord", "labels.txt", "mnist.json"]);
    expect(Buffer.from(output.files.get("labels.txt") ?? []).toString()).toBe(
      "0:お\n1:き\n2:す\n3:つ\n4:な\n5:は\n6:ま\n7:や\n8:れ\n9:を\n",
    );
    expect((await prepareDataset({ load: mustNotLoad, output, ...others })).written).toEqual([]);
  });

  test("the same images give the same bytes", async () => {
    const [first, second] = [memoryFolder(), memoryFolder()];
    await prepareDataset({ load, output: first });
    await prepareDataset({ load, output: second });
    expect(first.files).toEqual(second.files);
  });

  test("a second run does nothing, and force does all again", async () => {
    const output = memoryFolder();
    const { manifest } = await prepareDataset({ load, output });
    expect(await prepareDataset({ load: mustNotLoad, output })).toEqual({ manifest, written: [] });
    expect((await prepareDataset({ load, output, force: true })).written).toHaveLength(4);
  });

  test.each<[string, (files: Map<string, Uint8Array>) => void, string[]]>([
    ["missing", (files) => void files.delete("mnist_test.tfrecord"), ["mnist_test.tfrecord"]],
    [
      "short",
      (files) => void files.set("mnist_train.tfrecord", new Uint8Array(10)),
      ["mnist_train.tfrecord"],
    ],
    [
      "damaged",
      (files) => {
        const bytes = files.get("mnist_train.tfrecord") ?? new Uint8Array();
        files.set("mnist_train.tfrecord", Uint8Array.from(bytes).with(1000, (bytes[1000] ?? 0) ^ 1));
      },
      ["mnist_train.tfrecord"],
    ],
    [
      "left without a manifest",
      (files) => void files.delete("mnist.json"),
      ["mnist_train.tfrecord", "mnist_test.tfrecord", "labels.txt"],
    ],
    [
      "left with a manifest that is none",
      (files) =>
        void files.set("mnist.json", Buffer.from('{"format":"mnist-classification/data","train":[]}')),
      ["mnist_train.tfrecord", "mnist_test.tfrecord", "labels.txt"],
    ],
  ])("a file that is %s is made again", async (_, damage, made) => {
    const output = memoryFolder();
    const { manifest } = await prepareDataset({ load, output });
    const before = new Map(output.files);
    damage(output.files);
    expect(await prepareDataset({ load, output })).toEqual({ manifest, written: [...made, "mnist.json"] });
    expect(output.files).toEqual(before);
  });

  test("tells its progress and stops when it is told to", async () => {
    const output = memoryFolder();
    const progress: string[] = [];
    await prepareDataset({
      load,
      output,
      onProgress: (p) => void progress.push(`${p.split} ${p.done}/${p.total}`),
    });
    expect(progress).toEqual(["train 30/30", "test 20/20"]);
    const untouched = memoryFolder();
    await expect(prepareDataset({ load, output: untouched, signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ code: "INTERRUPTED" }),
    );
    expect(untouched.files.size).toBe(0);
  });
});
