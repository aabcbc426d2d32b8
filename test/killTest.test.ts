import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { realImages } from "./data/realImages.ts";
import { slimRecords } from "./data/slimRecords.ts";

test("scripts/kill-test.mjs: a training that is killed and resumed ends with the same bits", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mnist-killed-"));
  const data = join(folder, "few.tfrecord");
  await writeFile(data, [...slimRecords(realImages("train", 0, 300))]);
  const argv = ["--kills", "5", "--seed", "1", "--images", "300", "--epochs", "2", "--data", data];
  const script = join(import.meta.dirname, "..", "scripts", "kill-test.mjs");
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...argv]);
    expect(stdout).toMatch(/^all +\d+ +5 .* 0$/m);
    expect(stdout).toMatch(
      /^5 kills, seed 1, \d+ s: every run ended with the bits of the one that ran through$/m,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
