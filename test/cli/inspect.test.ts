import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeExample } from "../../src/formats/example.ts";
import { encodeRecord } from "../../src/formats/tfrecord.ts";
import { realImages } from "../data/realImages.ts";
import { idxFile } from "../data/smallMnist.ts";
import { createWorkspace, prepared, type RunOptions, type Workspace } from "./workspace.ts";

const testFile = "data/mnist/mnist_test.tfrecord";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const { images, labels } = realImages("t10k", 0, 30);
  await mkdir(join(workspace.path, "idx"));
  await write("idx/t10k-images-idx3-ubyte", idxFile([30, 28, 28], images));
  await write("idx/t10k-labels-idx1-ubyte", idxFile([30], labels));
  await write("idx/notes.txt", Buffer.from("not for inspecting"));
});
afterAll(() => workspace.remove());

const write = (file: string, bytes: Uint8Array) => writeFile(join(workspace.path, file), bytes);
const run = (argv: readonly string[], options?: RunOptions) => workspace.run(["inspect", ...argv], options);

describe("mnist inspect", () => {
  test("tells what is in a TFRecord file", async () => {
    const { status, out, err } = await run([testFile]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const lines = out.split("\n");
    expect(lines[0]).toMatch(/^data\/mnist\/mnist_test\.tfrecord {2}[\d,]+ bytes$/);
    expect(lines[1]).toBe(`${prepared.test} tf.Examples in TF-slim's layout`);
    expect(out).toMatch(/^ {2}key +type +records +values +from, to$/m);
    expect(out).toMatch(/^ {2}image\/class\/label +int64 +150 +1 +0 to 9$/m);
    expect(out).toMatch(/^ {2}png 28x28 grey +150 +\d+ to \d+ bytes$/m);
    const { labels } = realImages("t10k", 0, prepared.test);
    for (let digit = 0; digit < 10; digit++) {
      const count = labels.filter((label) => label === digit).length;
      expect(out).toMatch(new RegExp(`^ +${digit} +${count} +█+$`, "m"));
    }
    expect(out.endsWith("\nno damage\n")).toBe(true);
    expect(out).not.toContain("\x1b");
  });

  test("--json is one document with everything, of a folder what is recognised in it", async () => {
    const { status, out, err } = await run(["--json", "idx", "data/mnist"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    const { files } = JSON.parse(out) as { files: Record<string, unknown>[] };
    expect(files).toMatchObject([
      { file: "idx/t10k-images-idx3-ubyte", kind: "idx", content: "images", shape: [30, 28, 28] },
      { file: "idx/t10k-labels-idx1-ubyte", kind: "idx", content: "labels", shape: [30] },
      { file: "data/mnist/mnist_test.tfrecord", kind: "examples", records: 150, damage: { count: 0 } },
      { file: "data/mnist/mnist_train.tfrecord", kind: "examples", records: 200, damage: { count: 0 } },
    ]);
  });

  test("tells what a training leaves: checkpoints, weights and event files", async () => {
    const brief = ["--validation-count", "40", "--batch-size", "50", "--epochs", "1", "--threads", "1"];
    expect((await workspace.run(["train", "--model", "small.json", ...brief])).status).toBe(0);
    const [checkpoint = ""] = await readdir(join(workspace.path, "runs/small/checkpoints"));
    const folders = ["runs/small/checkpoints", "runs/small/train", "runs/small"];
    const { status, out, err } = await run(folders);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const [first = "", events = "", weights = ""] = out.split(/^(?=runs\/)/m);
    expect(first).toContain(`runs/small/checkpoints/${checkpoint}`);
    expect(first).toMatch(/^checkpoint, safetensors: 16 tensors, [\d,]+ numbers$/m);
    expect(first).toMatch(/^ {2}model +Small, 1,554 parameters$/m); // 4 x (5 x 5 + 1) + 10 x (144 + 1)
    expect(first).toMatch(/^ {2}step +4, best accuracy 0\.\d+ at step 4$/m);
    expect(first).toMatch(/^ {2}optimizer +12 tensors, to go on from here$/m);
    expect(first).toMatch(/^ {2}dropout +dropout +rate 0\.2$/m);
    expect(first).toMatch(/^ {2}batchSize +50$/m);
    expect(first).toMatch(/^ {2}optimizer +adamw \(beta1 0\.9, /m);
    expect(first).toMatch(/^ {2}Small\/conv\/weights +F32 +5x5x1x4 +400 /m);
    expect(events).toMatch(/^TensorBoard event file, brain\.Event:2: \d+ events, \d+ tags$/m);
    expect(events).toMatch(/^from \d{4}-\d\d-\d\dT[\d:]+Z to .*Z, [\d.]+ s$/m);
    expect(events).toMatch(/^ {2}loss +scalars +\d+ +\d+ +\d+ +\d/m);
    expect(weights).toMatch(/^ {2}optimizer +none, weights only$/m);
    expect(out.match(/^no damage$/gm)).toHaveLength(3);
  });

  test("damage is listed in the report, and the status is 1 with one sentence", async () => {
    const bytes = await readFile(join(workspace.path, testFile));
    const second = 16 + Number(bytes.readBigUInt64LE(0));
    bytes[second + 30]! ^= 1;
    await write("damaged", bytes.subarray(0, bytes.length - 1));
    const { status, out, err } = await run(["damaged"]);
    expect(status).toBe(1);
    expect(err).toBe("error: damaged: damaged, as the report says; get or make again what is damaged\n");
    expect(out).toContain("148 tf.Examples in TF-slim's layout");
    const [, report = ""] = out.split(/^damage in 2 places$/m);
    const [first, last, unread] = report.trim().split("\n");
    expect(first).toMatch(
      new RegExp(
        `^record 1 at offset ${second.toLocaleString("en")}: data CRC is 0x\\w{8}, expected 0x\\w{8}$`,
      ),
    );
    expect(last).toMatch(
      /^ {2}record 149 at offset [\d,]+: its length is \d+ bytes, but the file has only \d+ left/,
    );
    expect(unread).toMatch(/^ {2}\d+ bytes from there to the end could not be read$/);

    const json = await run(["--json", "damaged", testFile]);
    expect(json.status).toBe(1);
    expect(JSON.parse(json.out).files).toMatchObject([{ damage: { count: 2 } }, { damage: { count: 0 } }]);
  });

  test("--preview shows the first pictures with their labels, ink where there is ink", async () => {
    for (const argv of [
      ["--preview", "2", testFile],
      ["--preview", "2", "idx/t10k-images-idx3-ubyte"],
    ]) {
      const { status, out } = await run(argv);
      expect(status).toBe(0);
      const [caption, ...lines] = out.split("\nno damage\n\n")[1]!.split("\n");
      expect(caption).toMatch(/^7 {29}2$/); // what MNIST's first two test images are
      expect(lines[4]!.slice(6, 21)).toMatch(/^[^ ]{15}$/); // the bar of the seven
      expect(lines[8]!.slice(0, 10).trim()).toBe("");
    }
    const plain = await run([testFile, "--preview"]);
    expect(plain.out.match(/^\d {29}\d$/gm)).toHaveLength(5); // ten, two in a row of 80 columns
    const { out } = await run(["--preview", testFile], { isTTY: true });
    expect(out).toContain("\x1b[38;5;16;48;5;16m▀");
    expect(out).toContain(";5;231");
  });

  test("--png writes a contact sheet of as many as are asked for", async () => {
    const { status, out, err } = await run(["--png", "sheets/test.png", "--preview", "9", testFile]);
    expect(status).toBe(0);
    expect(err).toBe("Wrote sheets/test.png: 9 pictures, 208x265 pixels\n");
    expect(out.endsWith("\nno damage\n")).toBe(true); // none in the terminal
    const { data, width, height, channels } = decode(
      await readFile(join(workspace.path, "sheets/test.png")),
      {
        checkCrc: true,
      },
    );
    expect({ width, height, channels }).toEqual({ width: 3 * 66 + 10, height: 3 * 85 + 10, channels: 1 });
    const { images } = realImages("t10k", 0, 9);
    for (let y = 0; y < 28; y++) {
      for (let x = 0; x < 28; x++) {
        // The last picture, in the third column of the third row.
        expect(data[(10 + 170 + 2 * y) * width + 10 + 132 + 2 * x]).toBe(images[8 * 784 + y * 28 + x]);
      }
    }
    const none = await run(["--png", "none.png", "idx/t10k-labels-idx1-ubyte"]);
    expect(none.status).toBe(1);
    expect(none.err).toMatch(/^error: --png: none of the files has pictures .*\n$/);
    expect(await readdir(workspace.path)).not.toContain("none.png");
  });

  test("what a file says cannot steer the terminal", async () => {
    const evil = "\x1b[2J\u202ekey\x9b31m";
    await write("evil", encodeRecord(encodeExample(new Map([[evil, { int64List: [1] }]]))));
    const { status, out } = await run(["evil"]);
    expect(status).toBe(0);
    expect(out).toContain("�[2J�key�31m");
    for (const character of ["\x1b", "\u202e", "\x9b"]) expect(out).not.toContain(character);
  });

  test("a file of another kind and a missing one fail in one sentence, and do not keep others from being told", async () => {
    const other = await run(["idx/notes.txt"]);
    expect(other).toMatchObject({ status: 1, out: "" });
    expect(other.err).toMatch(
      /^error: idx\/notes\.txt: expected TFRecords, .* \(it begins with "not for i…"\)\n$/,
    );
    const missing = await run(["nowhere"]);
    expect(missing).toMatchObject({ status: 1, out: "" });
    expect(missing.err).toMatch(/^error: .*nowhere: there is no such file; check the path\n$/);
    const three = await run(["idx/notes.txt", testFile, "nowhere"]);
    expect(three.status).toBe(1);
    expect(three.out).toContain("150 tf.Examples");
    expect(three.err.trimEnd().split("\n")).toHaveLength(3);
    expect(three.err).toMatch(/error: 2 files could not be looked into\n$/);
    await mkdir(join(workspace.path, "empty"));
    const empty = await run(["empty"]);
    expect(empty).toMatchObject({ status: 1, out: "" });
    expect(empty.err).toMatch(/^error: empty: no file in there is .*\n$/);
  });

  test.each([
    [["--preview", "0", testFile]],
    [["--preview", "1.5", testFile]],
    [["--preview", "99999", testFile]],
    [[]],
  ])("%j is wrong usage", async (argv) => {
    const { status, out, err } = await run(argv);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(
      /^error: (--preview: expected a whole number from 1 to 10,000|inspect: give the files)/,
    );
  });

  test("--help has the options and examples", async () => {
    const { status, out } = await run(["--help"]);
    expect(status).toBe(0);
    for (const option of ["[file...]", "--preview [n]", "--png <file>", "--json", "--debug"])
      expect(out).toContain(option);
    expect(out).toMatch(/Examples:\n {2}mnist inspect /);
  });
});
