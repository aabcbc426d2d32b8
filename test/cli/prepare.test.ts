import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../src/cli/program.ts";
import { greyPngEncoder } from "../../src/formats/png.ts";
import { countRecords } from "../../src/formats/tfrecord.ts";
import { epochBatches } from "../../src/input.ts";
import { fileSource } from "../../src/node/files.ts";
import { idxFile, realDigits, realFile, smallDataset } from "../data/smallMnist.ts";
import { testIo } from "./testIo.ts";

// How many of each digit MNIST has, as published with it.
const published = {
  train: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  test: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
};

let cwd = "";
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "mnist-prepare-"));
});
afterEach(() => rm(cwd, { recursive: true }));

const run = async (argv: string[], signal?: AbortSignal, env: Record<string, string> = {}) => {
  const io = testIo({ cwd, env, ...(signal && { signal }) });
  const status = await main(["prepare", ...argv], io);
  return { status, out: io.out(), err: io.err() };
};

describe("mnist prepare", () => {
  test("prepares all of MNIST, once", async () => {
    const first = await run(["--json"]);
    expect(first).toMatchObject({ status: 0, err: "" });
    const result = JSON.parse(first.out);
    expect(result.name).toBe("mnist");
    expect(first.out.trimEnd().split("\n")).toHaveLength(1);
    expect(result.output).toBe("data/mnist");
    expect(result.train).toMatchObject({ examples: 60_000, perClass: published.train });
    expect(result.test).toMatchObject({ examples: 10_000, perClass: published.test });

    const folder = join(cwd, "data", "mnist");
    expect((await readdir(folder)).sort()).toEqual([
      "labels.txt",
      "mnist.json",
      "mnist_test.tfrecord",
      "mnist_train.tfrecord",
    ]);
    expect(await countRecords(fileSource(join(folder, "mnist_train.tfrecord")))).toBe(60_000);
    const [images, labels] = [realFile("t10k-images-idx3-ubyte"), realFile("t10k-labels-idx1-ubyte")];
    let at = 0;
    const sources = [fileSource(join(folder, "mnist_test.tfrecord"))];
    for await (const batch of epochBatches({ sources, batchSize: 1000 })) {
      const expected = images.subarray(16 + at * 784, 16 + (at + batch.count) * 784);
      expect(Buffer.compare(batch.images, expected)).toBe(0);
      expect(
        Buffer.compare(Uint8Array.from(batch.labels), labels.subarray(8 + at, 8 + at + batch.count)),
      ).toBe(0);
      at += batch.count;
    }
    expect(at).toBe(10_000);

    const before = await stat(join(folder, "mnist_train.tfrecord"));
    const second = await run([]);
    expect(second).toMatchObject({ status: 0, err: "" });
    expect(second.out).toMatch(/^ {2}train {2}5,923 {2}6,742 .* 5,949 60,000$/m);
    expect(second.out).toMatch(/^ {2}test +980 +1,135 .* 1,009 10,000$/m);
    expect(second.out).toContain("data/mnist/mnist_train.tfrecord");
    expect(second.out).toContain("Nothing to do");
    expect(await stat(join(folder, "mnist_train.tfrecord"))).toEqual(before);
  });

  test("prepares another data set under its own name, with its classes", async () => {
    // Empty pictures: Kuzushiji-MNIST itself is nowhere near, and its plain files are known by form only.
    for (const [split, count] of [
      ["train", 60_000],
      ["t10k", 10_000],
    ] as const) {
      const images = idxFile([count, 28, 28], new Uint8Array(count * 784));
      await writeFile(join(cwd, `${split}-images-idx3-ubyte`), images);
      const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
      await writeFile(join(cwd, `${split}-labels-idx1-ubyte`), idxFile([count], labels));
    }
    const { status, out, err } = await run(["--dataset", "kmnist", "--source", "."]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toContain("Kuzushiji-MNIST, how many of each class:");
    expect(out).toContain("お o, き ki, す su, つ tsu, な na");
    expect(out).toContain("data/kmnist/kmnist_train.tfrecord");
    expect(out).toContain("CC BY-SA 4.0");
    expect(await countRecords(fileSource(join(cwd, "data/kmnist/kmnist_test.tfrecord")))).toBe(10_000);
    expect(await readFile(join(cwd, "data/kmnist/labels.txt"), "utf8")).toMatch(/^0:お\n1:き\n/);
  });

  test("an unknown data set is wrong usage", async () => {
    const { status, err } = await run(["--dataset", "emnist"]);
    expect(status).toBe(2);
    expect(err).toContain("Allowed choices are mnist, fashion-mnist, kmnist");
  });

  test.each<[string, string[], Record<string, string>, string]>([
    ["--cache", ["--cache", "mine"], { MNIST_CACHE: "/elsewhere" }, "mine/fashion-mnist"],
    ["MNIST_CACHE", [], { MNIST_CACHE: "other", XDG_CACHE_HOME: "/elsewhere" }, "other/fashion-mnist"],
    ["the system's cache", [], { XDG_CACHE_HOME: "/nowhere" }, "/nowhere/mnist-classification/fashion-mnist"],
  ])("offline, it looks in %s and says what is missing", async (_, argv, env, place) => {
    const { status, out, err } = await run(
      ["--dataset", "fashion-mnist", "--offline", ...argv],
      undefined,
      env,
    );
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^error: Fashion-MNIST is not on this machine, and --offline asks no server/);
    expect(err).toContain(`the cache ${resolve(cwd, place)}: lacks train-images-idx3-ubyte.gz, `);
  });

  test("a folder without the files, and a file that is another one, fail in one sentence", async () => {
    const missing = await run(["--source", "nowhere"]);
    expect(missing).toMatchObject({ status: 1, out: "" });
    expect(missing.err).toMatch(/^error: .*nowhere: expected train-images-idx3-ubyte .*\n$/);

    const { files } = smallDataset();
    for (const [name, bytes] of files) await writeFile(join(cwd, name), bytes);
    const other = await run(["--source", ".", "--output", "out"]);
    expect(other).toMatchObject({ status: 1, out: "" });
    expect(other.err).toMatch(
      /^error: .*train-images-idx3-ubyte: expected 47040016 bytes, found 31376; .*\n$/,
    );
    expect(await readdir(cwd)).not.toContain("out");
  });

  test("--debug shows the stack too", async () => {
    const { status, err } = await run(["--source", "nowhere", "--debug"]);
    expect(status).toBe(1);
    expect(err).toMatch(/^error: .*\nMnistError: .*\n {4}at /);
  });

  test("an output folder that cannot be made is said", async () => {
    await writeFile(join(cwd, "taken"), "a file");
    const { status, err } = await run(["--output", "taken/data"]);
    expect(status).toBe(1);
    expect(err).toMatch(/^error: .*taken.*\n$/);
    expect(await readFile(join(cwd, "taken"), "utf8")).toBe("a file");
  });

  test("interrupted, it leaves nothing half done and says so", async () => {
    const { status, out, err } = await run(["--output", "out"], AbortSignal.abort());
    expect(status).toBe(130);
    expect(out).toBe("");
    expect(err).toContain("interrupted");
    expect(await readdir(join(cwd, "out"))).toEqual([]);
  });

  test("--help has the options and examples", async () => {
    const { status, out } = await run(["--help"]);
    expect(status).toBe(0);
    for (const option of [
      "--dataset <name>",
      "--images <folder>",
      "--layout <layout>",
      "--output <folder>",
      "--source <folder>",
      "--cache <folder>",
      "--offline",
      "--force",
      "--json",
      "--debug",
    ]) {
      expect(out).toContain(option);
    }
    expect(out).toMatch(/Examples:\n {2}mnist prepare /);
  });
});

describe("mnist prepare, formats", () => {
  test("raw pixels in shards replace what was there, and --json says so", async () => {
    await run(["--output", "out"]);
    const { status, out } = await run([
      "--output",
      "out",
      "--json",
      ..."--encoding raw --shards 3".split(" "),
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      ...{ layout: "slim", encoding: "raw", shards: 3, compression: "none" },
      removed: ["mnist_train.tfrecord", "mnist_test.tfrecord"],
      train: { examples: 60_000, perClass: published.train },
    });
    const shards = (split: string) =>
      [0, 1, 2].map((shard) => `mnist_${split}.tfrecord-0000${shard}-of-00003`);
    expect((await readdir(join(cwd, "out"))).sort()).toEqual([
      "labels.txt",
      "mnist.json",
      ...shards("test"),
      ...shards("train"),
    ]);
    const counts = shards("train").map((file) => countRecords(fileSource(join(cwd, "out", file))));
    expect(await Promise.all(counts)).toEqual([20_000, 20_000, 20_000]);
  });

  test.each([
    ["--layout classic --encoding png", "the classic layout holds raw pixels only"],
    ["--layout fat", "Allowed choices are slim, classic"],
    ["--shards none", 'expected a number, found "none"'],
    ["--shards 0", "expected a whole number from 1 to 1,024, found 0"],
    ["--compress zip", "Allowed choices are gzip, zlib"],
    ["--images a --source b", "cannot be used with option '--source <folder>'"],
    ["--images a --test-share 1", "--test-share: expected 0 up to 1, found 1"],
    ["--images a --seed 0.5", "--seed: expected a whole number, found 0.5"],
    ["--images data --output data/pictures", "--output: expected a folder outside of the pictures' data"],
    ["--test-share 0.1", "--test-share: it is for --images"],
  ])("%s is wrong usage", async (argv, message) => {
    const { status, out, err } = await run(argv.split(" "));
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  });
});

describe("mnist prepare --images", () => {
  const digits = realDigits(40);
  const png = greyPngEncoder(28, 28);

  beforeEach(async () => {
    for (const [label, name] of ["left", "right"].entries()) {
      await mkdir(join(cwd, "shapes", name), { recursive: true });
      for (let i = label * 20; i < label * 20 + 20; i++) {
        await writeFile(
          join(cwd, "shapes", name, `${i}.png`),
          png(digits.images.subarray(i * 784, (i + 1) * 784)),
        );
      }
    }
  });

  test("writes them, tells what it left out, and looks again only where something changed", async () => {
    await writeFile(join(cwd, "shapes", "left", "bad\u001b[31m.png"), "no");
    const first = await run(["--images", "shapes", "--layout", "slim"]);
    expect(first.status).toBe(0);
    expect(first.err).toBe(
      "1 picture was left out:\n" +
        '  left/bad�[31m.png  not a PNG or JPEG image (it begins with "no"); give a PNG or JPEG file\n',
    );
    expect(first.out).toMatch(/^ {2}train {2} +16 +16 +32$/m);
    expect(first.out).toMatch(/^ {2}test {3} +4 +4 +8$/m);
    expect(await readFile(join(cwd, "data", "pictures", "labels.txt"), "utf8")).toBe("0:left\n1:right\n");
    expect((await readdir(join(cwd, "data", "pictures"))).sort()).toEqual([
      ...["labels.txt", "mnist.json", "pictures_test.tfrecord", "pictures_train.tfrecord"],
    ]);

    const again = JSON.parse((await run(["--images", "shapes", "--json"])).out);
    expect(again).toMatchObject({
      name: "pictures",
      origin: "shapes",
      written: [],
      classNames: ["left", "right"],
    });
    expect([...again.train.refused, ...again.test.refused]).toEqual([
      { picture: "left/bad\u001b[31m.png", reason: expect.stringContaining("not a PNG or JPEG image") },
    ]);

    await rm(join(cwd, "shapes", "left", "bad\u001b[31m.png"));
    const changed = await run(["--images", "shapes", "--json"]);
    expect(changed.err).toBe("");
    expect(JSON.parse(changed.out).written).toHaveLength(4);
    expect((await run(["--images", "shapes", "--seed", "2", "--json"])).out).toContain(
      '"pictures_train.tfrecord"',
    );

    const sources = [fileSource(join(cwd, "data", "pictures", "pictures_train.tfrecord"))];
    let count = 0;
    for await (const batch of epochBatches({ sources, batchSize: 8, classes: 2 })) count += batch.count;
    expect(count).toBe(32);
  });

  test("where a class has nothing that can be used it fails, and what was there stays", async () => {
    expect((await run(["--images", "shapes"])).status).toBe(0);
    const manifest = await readFile(join(cwd, "data", "pictures", "mnist.json"), "utf8");
    await mkdir(join(cwd, "shapes", "up"));
    await writeFile(join(cwd, "shapes", "up", "1.png"), "no");
    const { status, out, err } = await run(["--images", "shapes"]);
    expect([status, out]).toEqual([1, ""]);
    expect(err).toMatch(
      /^error: .*up: expected PNG or JPEG pictures to train on, and none could be used .*\n$/,
    );
    expect(await readFile(join(cwd, "data", "pictures", "mnist.json"), "utf8")).toBe(manifest);
    expect(await readdir(join(cwd, "data", "pictures"))).toHaveLength(4);
  });

  test("other data in the folder are not replaced unasked", async () => {
    await run(["--output", "out"]);
    const { status, err } = await run(["--images", "shapes", "--output", "out"]);
    expect(status).toBe(2);
    expect(err).toMatch(/out: expected an empty folder or one with the data set pictures, found mnist; /);
  });
});
