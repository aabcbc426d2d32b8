import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../src/cli/program.ts";
import { countRecords } from "../../src/formats/tfrecord.ts";
import { epochBatches } from "../../src/input.ts";
import { fileSource } from "../../src/node/files.ts";
import { realFile, smallDataset } from "../data/smallMnist.ts";
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

const run = async (argv: string[], signal?: AbortSignal) => {
  const io = testIo({ cwd, ...(signal && { signal }) });
  const status = await main(["prepare", ...argv], io);
  return { status, out: io.out(), err: io.err() };
};

describe("mnist prepare", () => {
  test("prepares all of MNIST, once", async () => {
    const first = await run(["--json"]);
    expect(first).toMatchObject({ status: 0, err: "" });
    const result = JSON.parse(first.out);
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
    for (const option of ["--output <folder>", "--source <folder>", "--force", "--json", "--debug"]) {
      expect(out).toContain(option);
    }
    expect(out).toMatch(/Examples:\n {2}mnist prepare /);
  });
});
