// Gives `mnist predict`'s reading thousands of damaged and hostile files, and shows that each ends in an answer or one
// clear sentence, within 2 s of computing and 300 MB, and that no process dies of it.
//
// Number and seed make a file again. First come the bombs, made to hurt one part each, then good files damaged by
// chance. Time is what the process computed, so that it means the same on a busy machine. Ends with status 1 on a fault.
import { fork } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine } from "./commandLine.mjs";
import { bombs } from "./hostile-files/bombs.mjs";
import { chance } from "./hostile-files/chance.mjs";
import { damaged } from "./hostile-files/damage.mjs";
import { goodFiles } from "./hostile-files/goodFiles.mjs";

const MOST_SECONDS = 2;
const MOST_BYTES = 300_000_000;
/** Of the clock, since the machine may be busy; a process that is silent for so long hangs. */
const PATIENCE = 300_000;

const usage = `node scripts/hostile-files.mjs [options]

Needs dist/ (npm run build). Ends with status 1 on a fault.

  --count <number>        of files; the first some sixty are bombs (default: 10000)
  --seed <number>         of the damage (default: 1)
  --allow-formats all     WebP, GIF, BMP, TIFF and AVIF as well
  --no-bombs              only what is damaged by chance; quick
  --only <number>         makes this file again and reads it
  --keep <folder>         leaves the files there
  --processes <number>    that read at a time (default: 2)
  --json                  prints JSON`;

const { values: flags, wholeNumber } = commandLine(usage, {
  count: { type: "string", default: "10000" },
  seed: { type: "string", default: "1" },
  only: { type: "string" },
  keep: { type: "string" },
  processes: { type: "string", default: "2" },
  "allow-formats": { type: "string", default: "" },
  "no-bombs": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
});
const count = wholeNumber("count");
const seed = wholeNumber("seed");
const processes = wholeNumber("processes");
const allow = flags["allow-formats"];

const good = await goodFiles();
const hurting = flags["no-bombs"] ? [] : Object.entries(bombs(good));

/** File number `n`: a bomb, or a good file damaged by chance. */
async function make(n) {
  if (n < hurting.length) return { name: hurting[n][0], kind: "bomb", bytes: await hurting[n][1]() };
  const random = chance(seed * 1_000_003 + n);
  const [name, file] = random.pick([...good].filter(([one]) => allow === "all" || /\.(png|jpg)$/.test(one)));
  const [kind, bytes] = damaged(name, file, random);
  return { name, kind, bytes };
}

const reader = fileURLToPath(new URL("hostile-files/reader.mjs", import.meta.url));
/**
 * A bomb gets a process of its own, as from `mnist predict`. The others go to a few that stay, in which glibc gives back
 * what was freed of large blocks: left to itself it keeps it, and that would count for every file that follows.
 */
const startReader = (env = { ...process.env, MALLOC_MMAP_THRESHOLD_: "1000000" }) =>
  new Promise((resolve, reject) => {
    const child = fork(reader, [allow], {
      env,
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.errors = "";
    child.stderr.on("data", (text) => {
      child.errors = (child.errors + text).slice(-500);
    });
    child.once("message", () => resolve(child));
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`a reader did not start: ${child.errors}`)));
  });

const stop = (child) => {
  child.removeAllListeners("exit");
  child.kill();
};

/** What the reader says of the file; `fault` where it dies or hangs. */
const ask = (child, file) =>
  new Promise((resolve) => {
    const end = (result) => {
      clearTimeout(timer);
      child.removeAllListeners("message").removeAllListeners("exit");
      resolve(result);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      end({ fault: `no word for ${PATIENCE / 1000} s`, dead: true });
    }, PATIENCE);
    child.on("message", end);
    child.on("exit", (code, signal) =>
      end({ fault: `died (${signal ?? code}) ${child.errors}`, dead: true }),
    );
    child.send({ name: file.name, path: file.path });
  });

const found = { answers: 0, errors: {}, faults: [], slowest: { cpu: 0 }, most: { memory: 0 } };

/** Kinds of errors: the sentence without what is the file's own. */
const kindOf = (message) =>
  message
    .replace(/^[^:]*: /, "")
    .replace(/\(.*\)/, "(…)")
    .replace(/\d[\d,]*/g, "n");

function note(n, { name, kind }, result) {
  const id = { n, name, kind };
  if ("answer" in result) found.answers++;
  if (result.error) found.errors[kindOf(result.message)] = (found.errors[kindOf(result.message)] ?? 0) + 1;
  if (result.cpu > found.slowest.cpu) found.slowest = { ...id, cpu: result.cpu };
  if (result.memory > found.most.memory) found.most = { ...id, memory: result.memory };
  const faults = [
    result.fault,
    result.cpu > MOST_SECONDS && `${result.cpu.toFixed(1)} s`,
    result.memory > MOST_BYTES && `${Math.round(result.memory / 1e6)} MB`,
  ];
  for (const fault of faults.filter(Boolean)) {
    found.faults.push({ ...id, fault });
    process.stderr.write(`number ${n} (${name}, ${kind}), seed ${seed}: ${fault}\n`);
  }
}

const numbers = flags.only ? [Number(flags.only)] : Array.from({ length: count }, (_, n) => n);
const folder = await mkdtemp(join(tmpdir(), "mnist-hostile-"));
let next = 0;
async function work() {
  let staying = await startReader();
  while (next < numbers.length) {
    const n = numbers[next++];
    const file = await make(n);
    const path = join(flags.keep ?? folder, `${n}-${file.name}`);
    await writeFile(path, file.bytes);
    const child = file.kind === "bomb" ? await startReader(process.env) : staying;
    const result = await ask(child, { name: file.name, path });
    note(n, file, result);
    if (flags.only) process.stderr.write(`${JSON.stringify(result)}\n`);
    if (!flags.keep) await rm(path);
    if (child !== staying) stop(child);
    else if (result.dead) staying = await startReader();
  }
  stop(staying);
}
await Promise.all(Array.from({ length: processes }, work));
await rm(folder, { recursive: true });

if (flags.json) {
  process.stdout.write(`${JSON.stringify({ files: numbers.length, seed, ...found })}\n`);
} else {
  const { answers, errors, faults, slowest, most } = found;
  const lines = Object.entries(errors).sort((a, b) => b[1] - a[1]);
  for (const [message, times] of [["an answer", answers], ...lines])
    process.stdout.write(`${String(times).padStart(6)}  ${message}\n`);
  const place = ({ n, name, kind }) => `number ${n}, ${name}, ${kind}`;
  process.stdout.write(
    `${numbers.length} files, seed ${seed}: slowest ${slowest.cpu.toFixed(2)} s (${place(slowest)}), most memory ${Math.round(most.memory / 1e6)} MB (${place(most)}), ${faults.length} faults\n`,
  );
}
process.exitCode = found.faults.length > 0 ? 1 : 0;
