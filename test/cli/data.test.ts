import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeCheckpoint } from "../../src/checkpoint.ts";
import { bytesSource } from "../../src/core/bytes.ts";
import { encodeRecord, readRecords } from "../../src/formats/tfrecord.ts";
import { createWorkspace, prepared, type Workspace } from "./workspace.ts";

let workspace: Workspace;
beforeEach(async () => {
  workspace = await createWorkspace();
});
afterEach(() => workspace.remove());

const path = (...parts: string[]) => join(workspace.path, ...parts);
const trainFile = () => path("data", "mnist", "mnist_train.tfrecord");
const testFile = () => path("data", "mnist", "mnist_test.tfrecord");
const brief = ["--model", "small.json", "--validation-count", "40", "--batch-size", "50", "--epochs", "2"];
const train = (...argv: string[]) => workspace.run(["train", ...brief, "--threads", "1", ...argv]);
const validate = (...argv: string[]) => workspace.run(["validate", "--threads", "1", ...argv]);
const weights = (run: string) => readFile(path("runs", run, "model.safetensors"));

/** Writes the records of a file in turn to `shards` gzip files beside each other. */
async function shard(file: string, shards: number, to: string): Promise<void> {
  const parts = Array.from({ length: shards }, (): Uint8Array[] => []);
  for await (const records of readRecords(bytesSource(file, await readFile(file)))) {
    for (const { data, index } of records) parts[index % shards]?.push(encodeRecord(data));
  }
  await Promise.all(
    parts.map((part, i) => writeFile(`${to}-0000${i}-of-0000${shards}`, gzipSync(Buffer.concat(part)))),
  );
}

describe("--data", () => {
  test("four gzip shards train to the very weights of the single file", async () => {
    await mkdir(path("shards"));
    await shard(trainFile(), 4, path("shards", "my_train.tfrecord"));
    expect((await train("--log-dir", "runs/one")).status).toBe(0);
    expect((await train("--log-dir", "runs/folder", "--data", "shards")).status).toBe(0);
    expect((await train("--log-dir", "runs/glob", "--data", "shards/*_train*")).status).toBe(0);
    const single = await weights("one");
    expect(Buffer.compare(await weights("folder"), single)).toBe(0);
    expect(Buffer.compare(await weights("glob"), single)).toBe(0);
  });

  test("takes a folder in the classic layout, files one by one, and a URL", async () => {
    await mkdir(path("classic"));
    await rename(testFile(), path("classic", "TEST.tfrecords"));
    const counted = async (...argv: string[]) => {
      const { status, out, err } = await validate("--json", ...argv);
      expect({ status, err }).toEqual({ status: 0, err: "" });
      return (JSON.parse(out) as { count: number }).count;
    };
    expect(await counted("--data", "classic")).toBe(prepared.test);
    expect(await counted("--data", "classic/TEST.tfrecords", "--data", trainFile())).toBe(
      prepared.test + prepared.train,
    );

    const bytes = await readFile(path("classic", "TEST.tfrecords"));
    const requests: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      requests.push(request.url);
      response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      expect(await counted("--data", `http://127.0.0.1:${port}/any`)).toBe(prepared.test);
      expect(requests).toEqual(["/any"]); // once
    } finally {
      server.close();
    }
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      "no such folder",
      async () => {},
      "error: mine/mnist_test.tfrecord: there is no such file; run mnist prepare --output mine first",
    ],
    [
      "a folder without data",
      () => mkdir(path("mine")),
      "error: mine: expected a folder with a file such as mnist_test.tfrecord or TEST.tfrecords, found none; run mnist prepare --output mine first",
    ],
    [
      "a folder with two data sets",
      async () => {
        await mkdir(path("mine"));
        for (const name of [
          "b_test.tfrecord",
          "TEST.tfrecords-00000-of-00002",
          "TEST.tfrecords-00001-of-00002",
        ]) {
          await writeFile(path("mine", name), "");
        }
      },
      "error: mine: expected one data set, found 2: TEST.tfrecords-00000-of-00002, b_test.tfrecord; name the files",
    ],
    [
      "a shard that is missing",
      async () => {
        await mkdir(path("mine"));
        for (const shard of [0, 1, 3])
          await writeFile(path("mine", `a_test.tfrecord-0000${shard}-of-00004`), "");
      },
      "error: mine/a_test.tfrecord-00002-of-00004: the folder has 3 of 4 shards, and this one is missing; run mnist prepare again",
    ],
  ])("%s is one sentence", async (_, make, message) => {
    await make();
    const { err, out } = await validate("--data", "mine");
    expect({ err, out }).toEqual({ err: `${message}\n`, out: "" });
  });

  test("a pattern without files is one sentence", async () => {
    const { err } = await validate("--data", "mine/*.tfrecord");
    expect(err).toBe("error: mine/*.tfrecord: no file has such a name; check the pattern\n");
  });
});

describe("labels.txt beside the data", () => {
  const definitionOf = async (run: string) => decodeCheckpoint(await weights(run), run).definition;
  const write = (names: readonly string[]) =>
    writeFile(path("data", "mnist", "labels.txt"), names.map((name, i) => `${i}:${name}\n`).join(""));
  const letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "お"];

  test("gives the classes their names", async () => {
    await write(letters);
    expect((await train("--log-dir", "runs/letters")).status).toBe(0);
    expect((await definitionOf("letters")).classes).toEqual(letters);
  });

  test("of MNIST changes nothing, TF-slim's typing error included", async () => {
    const mnist = ["zero", "one", "two", "three", "four", "five", "size", "seven", "eight", "nine"];
    await write(mnist);
    expect((await train("--log-dir", "runs/mnist")).status).toBe(0);
    expect((await definitionOf("mnist")).classes[6]).toBe("six");
  });

  test("without a name for a label is one sentence", async () => {
    await write(letters.slice(0, 9));
    const { status, err } = await train();
    expect(status).toBe(1);
    expect(err).toMatch(
      /^error: .*mnist_train\.tfrecord: record \d+ at offset [\d,]+: "image\/class\/label" is 9, expected 0 to 8\n$/,
    );
  });

  test("that is no list of names is one sentence", async () => {
    await writeFile(path("data", "mnist", "labels.txt"), "0:zero\n2:two\n");
    const { err } = await train();
    expect(err).toBe(
      'error: data/mnist/labels.txt: line 2: expected "1:" and the name of the class, found "2:two"\n',
    );
  });
});

describe("--on-corrupt", () => {
  /** Flips a bit in the data of records 3, 100 and 101. */
  async function damage(file: string): Promise<void> {
    const bytes = await readFile(file);
    for await (const records of readRecords(bytesSource(file, Uint8Array.from(bytes)))) {
      for (const { index, offset } of records) if ([3, 100, 101].includes(index)) bytes[offset + 50]! ^= 4;
    }
    await writeFile(file, bytes);
  }

  test("fail, the default, ends at the first damaged record", async () => {
    await damage(trainFile());
    const { status, err } = await train();
    expect(status).toBe(1);
    expect(err).toMatch(/error: \S+mnist_train\.tfrecord: record (3|100|101) at offset [\d,]+: data CRC is /);
  });

  test("skip trains on the others and says what it left out, at the end", async () => {
    await damage(trainFile());
    const { status, err } = await train("--on-corrupt", "skip", "--epochs", "3");
    expect(status).toBe(0);
    const [first = "", ...others] = err.trimEnd().split("\n");
    const [, images, heldOut] = /: (\d+) images, (\d+) held out, 12 steps of 50$/.exec(first) ?? [];
    expect(Number(images) + Number(heldOut)).toBe(prepared.train - 3);
    expect(others.slice(-4)).toEqual([
      "Left out 3 damaged records:",
      ...[3, 100, 101].map((index) =>
        expect.stringMatching(
          `^  \\S+mnist_train\\.tfrecord: record ${index} at offset [\\d,]+: data CRC is `,
        ),
      ),
    ]);
  });

  test("skip goes on after an interruption to the same weights", async () => {
    await damage(trainFile());
    const skip = ["--on-corrupt", "skip"];
    const even = ["--schedule", "constant"]; // one that does not depend on the number of steps
    expect((await train(...skip, ...even, "--log-dir", "runs/whole")).status).toBe(0);
    expect((await train(...skip, ...even, "--log-dir", "runs/parts", "--steps", "5")).status).toBe(0);
    const rest = ["--resume", "runs/parts", "--epochs", "2", "--threads", "1"];
    expect((await workspace.run(["train", ...rest, ...skip])).status).toBe(0);
    const last = "checkpoints/step-00000008.safetensors";
    const [whole, parts] = await Promise.all(
      ["whole", "parts"].map(async (run) => decodeCheckpoint(await readFile(path("runs", run, last)), run)),
    );
    expect(parts?.tensors.size).toBeGreaterThan(3);
    for (const [name, tensor] of whole?.tensors ?? []) expect(parts?.tensors.get(name)).toEqual(tensor);
  });

  test("skip in --json is a field", async () => {
    await damage(trainFile());
    await damage(testFile());
    const { out } = await train("--json", "--on-corrupt", "skip");
    const leftOut = {
      records: 3,
      cutFiles: 0,
      first: [3, 100, 101].map((i) => expect.stringContaining(`record ${i} `)),
    };
    expect(JSON.parse(out.split("\n")[0] ?? "")).toMatchObject({ type: "start", leftOut });
    const validated = await validate("--json", "--on-corrupt", "skip");
    expect(JSON.parse(validated.out)).toMatchObject({ count: prepared.test - 3, leftOut });
    expect(validated.err).toBe("");
  });

  test("a file that ends too early is left out from there", async () => {
    const bytes = await readFile(testFile());
    await writeFile(testFile(), bytes.subarray(0, bytes.length - 10));
    expect((await validate()).err).toContain(`record ${prepared.test - 1} at offset`);
    const { status, err } = await validate("--on-corrupt", "skip");
    expect(status).toBe(0);
    expect(err).toContain("Left out 1 damaged record, and all after it in 1 file:\n");
  });

  test("skip with nothing left is one sentence", async () => {
    await writeFile(trainFile(), "no records, but some lines\nof text\n");
    const { status, err } = await train("--on-corrupt", "skip");
    expect(status).toBe(1);
    expect(err).toMatch(/^error: \S+: expected labelled images, .*length CRC.*; run mnist prepare again\n$/);
  });

  test("takes no other word", async () => {
    const { status, err } = await validate("--on-corrupt", "maybe");
    expect({ status, err }).toEqual({
      status: 2,
      err: 'error: --on-corrupt: expected fail or skip, found "maybe"\n',
    });
  });
});
