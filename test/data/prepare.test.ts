import { gunzipSync, inflateSync } from "node:zlib";
import { decode as decodePng } from "fast-png";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import type { DataFormat } from "../../src/dataFormat.ts";
import { decodeExample } from "../../src/formats/example.ts";
import { decodeMnistExample } from "../../src/formats/mnistExample.ts";
import { readRecords } from "../../src/formats/tfrecord.ts";
import { encodeJpeg } from "../../src/node/encodeJpeg.ts";
import { prepareDataset } from "../../src/prepare.ts";
import { memoryFolder } from "./memoryFolder.ts";
import { realDigits } from "./smallMnist.ts";

const all = realDigits(50);
const data = {
  origin: "a test",
  train: { count: 30, images: all.images.subarray(0, 30 * 784), labels: all.labels.subarray(0, 30) },
  test: { count: 20, images: all.images.subarray(30 * 784), labels: all.labels.subarray(30) },
};

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
    expect(await prepareDataset({ load: mustNotLoad, output })).toEqual({
      manifest,
      written: [],
      removed: [],
    });
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
      "not in the manifest",
      (files) => {
        const manifest = JSON.parse(Buffer.from(files.get("mnist.json") ?? []).toString());
        manifest.test.files = [];
        files.set("mnist.json", Buffer.from(JSON.stringify(manifest)));
      },
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
    expect(await prepareDataset({ load, output })).toEqual({
      ...{ manifest, written: [...made, "mnist.json"], removed: [] },
    });
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

  test("a failure leaves the old files as they were, and nothing half written", async () => {
    const output = memoryFolder();
    await prepareDataset({ load, output });
    const before = new Map(output.files);
    async function* failing() {
      yield data.test;
      throw new Error("no more");
    }
    const broken = async () => ({ ...data, test: { count: 20, blocks: failing } });
    await expect(prepareDataset({ load: broken, output, format: { shards: 3 } })).rejects.toThrow("no more");
    expect(output.files).toEqual(before);
    expect(output.open.size).toBe(0);
  });
});

/** The records of a file, decompressed as its first bytes say; Node's zlib is the oracle. */
async function recordsOf(bytes: Uint8Array, compression: DataFormat["compression"]) {
  const plain =
    compression === "none" ? bytes : compression === "gzip" ? gunzipSync(bytes) : inflateSync(bytes);
  const examples = [];
  for await (const records of readRecords(bytesSource("file", plain))) {
    examples.push(...records.map((record) => decodeMnistExample(record.data, 10)));
  }
  return examples;
}

async function pixelsOf(encoding: DataFormat["encoding"], bytes: Uint8Array): Promise<Uint8Array> {
  if (encoding === "raw") return bytes;
  if (encoding === "png") return decodePng(bytes).data as Uint8Array;
  return sharp(bytes).toColourspace("b-w").raw().toBuffer();
}

describe("formats", () => {
  const compressions = ["none", "gzip", "zlib"] as const;
  const pictures = [
    { layout: "slim", encoding: "png" },
    { layout: "slim", encoding: "raw" },
    { layout: "slim", encoding: "jpeg" },
    { layout: "classic", encoding: "raw" },
  ] as const;
  const formats = pictures.flatMap((one) =>
    compressions.flatMap((compression) => [1, 4].map((shards) => ({ ...one, compression, shards }))),
  );

  test.each(formats)(
    "$layout $encoding $compression $shards: the images come back, in turn",
    async (format) => {
      const output = memoryFolder();
      const { manifest } = await prepareDataset({ load, output, format, encodeJpeg });
      expect(manifest).toMatchObject(format);
      for (const split of ["train", "test"] as const) {
        const single = {
          slim: `mnist_${split}.tfrecord`,
          classic: { train: "TRAIN.tfrecords", test: "TEST.tfrecords" }[split],
        }[format.layout];
        const names = [0, 1, 2, 3].map((shard) => `${single}-0000${shard}-of-00004`);
        const expected = format.shards === 1 ? [single] : names;
        expect(manifest[split].files.map(({ file }) => file)).toEqual(expected);
        const shards = await Promise.all(
          expected.map((name) => recordsOf(output.files.get(name) ?? new Uint8Array(), format.compression)),
        );
        expect(shards.map((shard) => shard.length)).toEqual(
          shards.map((_, shard) => Math.ceil((data[split].count - shard) / shards.length)),
        );
        for (let index = 0; index < data[split].count; index++) {
          const example = shards[index % shards.length]?.[Math.floor(index / shards.length)];
          expect(example).toMatchObject({ label: data[split].labels[index], encoding: format.encoding });
          const pixels = await pixelsOf(format.encoding, example?.bytes ?? new Uint8Array());
          const original = data[split].images.subarray(index * 784, (index + 1) * 784);
          if (format.encoding !== "jpeg") expect(Buffer.compare(pixels, original)).toBe(0);
          else {
            const differences = original.map((level, i) => Math.abs(level - (pixels[i] ?? 0)));
            expect(differences.reduce((sum, difference) => sum + difference, 0) / 784).toBeLessThan(3);
          }
        }
      }
    },
  );

  test("other names and classes", async () => {
    const output = memoryFolder();
    const classNames = ["T-shirt/top", ..."bcdefghij"];
    const { manifest } = await prepareDataset({ load, output, name: "fashion_mnist", classNames });
    expect([...output.files.keys()].sort()).toEqual([
      "fashion_mnist_test.tfrecord",
      "fashion_mnist_train.tfrecord",
      "labels.txt",
      "mnist.json",
    ]);
    expect(Buffer.from(output.files.get("labels.txt") ?? []).toString()).toMatch(/^0:T-shirt\/top\n1:b\n/);
    expect(manifest).toMatchObject({ name: "fashion_mnist", classNames });
  });

  test("a shard that is damaged is made again, alone", async () => {
    const output = memoryFolder();
    const { manifest } = await prepareDataset({ load, output, format: { shards: 4 } });
    const before = new Map(output.files);
    const damaged = "mnist_train.tfrecord-00002-of-00004";
    output.files.set(damaged, new Uint8Array(10));
    expect(await prepareDataset({ load, output, format: { shards: 4 } })).toEqual({
      ...{ manifest, written: [damaged, "mnist.json"], removed: [] },
    });
    expect(output.files).toEqual(before);
  });

  test("files of a former layout or number of shards go, and strangers' stay", async () => {
    const output = memoryFolder();
    output.files.set("TEST.tfrecords", Uint8Array.of(1));
    output.files.set("mnist_train.tfrecord-00000-of-00002", Uint8Array.of(2));
    await prepareDataset({ load, output });
    const sharded = await prepareDataset({ load, output, format: { shards: 3 } });
    expect(sharded.removed).toEqual(["mnist_train.tfrecord", "mnist_test.tfrecord"]);
    output.files.delete("mnist_train.tfrecord-00001-of-00003");
    const classic = await prepareDataset({ load, output, format: { layout: "classic" } });
    expect(classic.removed).toEqual([
      "mnist_train.tfrecord-00000-of-00003",
      "mnist_train.tfrecord-00002-of-00003",
      "mnist_test.tfrecord-00000-of-00003",
      "mnist_test.tfrecord-00001-of-00003",
      "mnist_test.tfrecord-00002-of-00003",
    ]);
    expect([...output.files.keys()].sort()).toEqual([
      ...["TEST.tfrecords", "TRAIN.tfrecords", "labels.txt", "mnist.json"],
      "mnist_train.tfrecord-00000-of-00002",
    ]);
  });

  test("a manifest that names files elsewhere is none of ours", async () => {
    const output = memoryFolder();
    await prepareDataset({ load, output });
    output.files.set("../precious.tfrecord", Uint8Array.of(1));
    const text = Buffer.from(output.files.get("mnist.json") ?? []).toString();
    output.files.set("mnist.json", Buffer.from(text.replace("mnist_test.tfrecord", "../precious.tfrecord")));
    const { removed, written } = await prepareDataset({ load, output, format: { layout: "classic" } });
    expect([removed, written.length]).toEqual([[], 4]);
    expect(output.files.has("../precious.tfrecord")).toBe(true);
  });

  test("another data set in the folder is not replaced unless that is asked for", async () => {
    const output = memoryFolder();
    await prepareDataset({ load, output });
    await expect(prepareDataset({ load: mustNotLoad, output, name: "pictures" })).rejects.toThrow(
      expect.objectContaining({
        code: "BAD_ARGUMENT",
        message: expect.stringContaining("found mnist; choose another --output"),
      }),
    );
    const { removed } = await prepareDataset({ load, output, name: "pictures", force: true });
    expect(removed).toEqual(["mnist_train.tfrecord", "mnist_test.tfrecord"]);
  });

  test.each([
    [{ layout: "classic", encoding: "png" }, "the classic layout holds raw pixels only"],
    [{ shards: 0 }, "expected a whole number from 1 to 1,024, found 0"],
    [{ shards: 1.5 }, "found 1.5"],
    [{ shards: 100_000 }, "found 100000"],
    [{ encoding: "jpeg" }, "expected encodeJpeg, found none"],
  ] as const)("refuses %j", async (format, message) => {
    await expect(prepareDataset({ load, output: memoryFolder(), format })).rejects.toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  test("a name that leads out of the folder is refused", async () => {
    await expect(prepareDataset({ load, output: memoryFolder(), name: "../x" })).rejects.toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.stringContaining('found "../x"') }),
    );
  });

  test("a disk that fails while compressed bytes are written is an error, not a hang", async () => {
    const output = memoryFolder();
    const begin = output.begin.bind(output);
    const failing = {
      ...output,
      begin: async (file: string) => ({
        ...(await begin(file)),
        write: async () => {
          throw new Error("no space left");
        },
      }),
    };
    const images = Uint8Array.from({ length: 4000 * 784 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
    const large = { count: 4000, images, labels: new Uint8Array(4000) };
    const format = { encoding: "raw", compression: "gzip" } as const;
    await expect(
      prepareDataset({ load: async () => ({ ...data, train: large }), output: failing, format }),
    ).rejects.toThrow("no space left");
    expect([output.files.size, output.open.size]).toEqual([0, 0]);
  });
});
