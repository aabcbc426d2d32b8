// The whole pipeline, as a newcomer would type it: prepare, train, validate, predict.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const mnist = join(root, "dist/cli/main.js");
const run = "runs/quickstart";
const pictures = ["photo-5.jpg", "chalk-2.jpg", "transparent-4.png"].map(
  (name) => `examples/pictures/${name}`,
);

const isColored = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (isColored ? `\x1b[1m${text}\x1b[22m` : text);

/** Runs `mnist` with these words, shown as they are typed. */
function step(title, words) {
  const shown = words.map((word) => (word.includes(" ") ? `'${word}'` : word)).join(" ");
  console.log(`\n${bold(title)}\n$ npx mnist ${shown}\n`);
  const { status, signal } = spawnSync(process.execPath, [mnist, ...words], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}

const started = performance.now();
// The quickstart can be run again and again; other runs are left alone.
rmSync(join(root, run), { recursive: true, force: true });
step("1. Get MNIST and write it as TFRecords", ["prepare"]);
step("2. Train a network", ["train", "--preset", "fast", "--log-dir", run]);
step("3. Measure it on the 10,000 test images", ["validate", "--checkpoint", run]);
step("4. Read pictures that it has never seen", ["predict", "--checkpoint", run, ...pictures]);
console.log(`
Done in ${Math.round((performance.now() - started) / 1000)} s.

  data/mnist/            the TFRecords
  ${run}/        the weights, checkpoints and TensorBoard's event files

Next: npx mnist train --help, or read your own picture: npx mnist predict photo.jpg
`);
