import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isRunning, thisProcess } from "../../src/node/processIdentity.ts";
import { lockRun } from "../../src/node/runLock.ts";

let root = "";
let folder = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mnist-run-lock-"));
  folder = join(root, "runs", "lenet");
});
afterEach(() => rm(root, { recursive: true, force: true }));

const busy = (pattern: RegExp) =>
  expect.objectContaining({ code: "BUSY", message: expect.stringMatching(pattern) });

/** What a process left; `seen` seconds ago. */
async function leaveEntry(entry: object | string, seen = 0): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, `.training-${crypto.randomUUID()}.lock`);
  await writeFile(file, typeof entry === "string" ? entry : JSON.stringify(entry));
  const time = new Date(Date.now() - seen * 1000);
  await utimes(file, time, time);
  return file;
}

describe("lockRun", () => {
  test("refuses a second one while the first has it, saying who has, and leaves nothing", async () => {
    const unlock = await lockRun(folder, "runs/lenet");
    await expect(lockRun(folder, "runs/lenet")).rejects.toThrow(
      busy(
        new RegExp(
          `^runs/lenet: process ${process.pid} on \\S+ has been training into this folder since \\d{4}-\\d\\d-\\d\\d [\\d:]{8} UTC, and showed life \\d+ s ago; let it end, stop it, or name another folder with --log-dir `,
        ),
      ),
    );
    await unlock();
    await (await lockRun(folder))();
    expect(await readdir(root)).toEqual([]);
  });

  test("keeps a folder that has something in it", async () => {
    const unlock = await lockRun(folder);
    await writeFile(join(folder, "model.safetensors"), "weights");
    await unlock();
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });

  test("of many that ask at once exactly one gets it, again and again", async () => {
    for (let round = 0; round < 5; round++) {
      const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockRun(folder)));
      const won = asked.filter((one) => one.status === "fulfilled");
      expect(won).toHaveLength(1);
      for (const one of asked) if (one.status === "rejected") expect(one.reason).toEqual(busy(/./));
      for (const one of won) await one.value();
    }
  });

  test("of processes that ask at the same moment one gets it; when it is killed, the next one does, at once", async () => {
    const require = createRequire(import.meta.url);
    const jiti = join(dirname(require.resolve("jiti/package.json")), "lib", "jiti-cli.mjs");
    const script = join(root, "ask.mjs");
    const source = pathToFileURL(join(import.meta.dirname, "../../src/node/runLock.ts")).href;
    await writeFile(
      script,
      `import { lockRun } from ${JSON.stringify(source)};
      process.stdout.write("ready ");
      process.stdin.once("data", async () => {
        try {
          await lockRun(${JSON.stringify(folder)});
          process.stdout.write("won");
          setInterval(() => {}, 1000);
        } catch (error) {
          process.stdout.write(error.code);
          process.exit();
        }
      });`,
    );
    const told = (child: ChildProcess, text: RegExp) =>
      new Promise<string>((resolve, reject) => {
        let out = "";
        child.stdout?.on("data", (chunk) => {
          out += chunk;
          if (text.test(out)) resolve(out);
        });
        child.once("exit", () => reject(new Error(`it ended and had said: ${out}`)));
      });
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [jiti, script], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    try {
      await Promise.all(children.map((child) => told(child, /ready/)));
      const answers = children.map((child) => told(child, /won|[A-Z]/));
      for (const child of children) child.stdin?.write("go");
      const said = await Promise.all(answers);
      expect([...said].sort()).toEqual(["BUSY", "BUSY", "BUSY", "won"]);
      const winner = children[said.indexOf("won")]!;
      await expect(lockRun(folder)).rejects.toThrow(busy(new RegExp(`process ${winner.pid} on`)));
      winner.kill("SIGKILL");
      await once(winner, "exit");
      await (await lockRun(folder))();
      expect(await readdir(folder)).toEqual([]);
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
  });

  test("takes no notice of a process that is gone, nor of another that has its number now", async () => {
    const me = await thisProcess();
    const gone = spawnSync(process.execPath, ["--version"]);
    await leaveEntry({ ...me, pid: gone.pid, since: 1, isOwner: true });
    // Only Linux tells when a process was started.
    if (me.started !== undefined) await leaveEntry({ ...me, started: "12345", since: 1, isOwner: true });
    await (await lockRun(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test.each<[string, object | string]>([
    ["of another machine", { host: "elsewhere", pid: 7, since: 0, isOwner: true }],
    ["that a power cut emptied", ""],
  ])("an entry %s holds as long as it shows life", async (_, entry) => {
    const fresh = await leaveEntry(entry, 30);
    await expect(lockRun(folder)).rejects.toThrow(busy(/showed life (30|31|32) s ago; .*delete .*\.lock\)$/));
    await rm(fresh);
    await leaveEntry(entry, 90);
    await (await lockRun(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  test("one that asked and was suspended since does not keep others out for ever, nor lets two in", async () => {
    const me = await thisProcess();
    let time = Date.now();
    const clock = {
      now: () => time,
      async wait(ms: number) {
        time += 20 * ms;
      },
      alarm: () => () => {},
    };
    // Its id is the largest there is, so that it is waited for.
    const file = join(folder, ".training-ffffffff-ffff-4fff-bfff-ffffffffffff.lock");
    await mkdir(folder, { recursive: true });
    await writeFile(file, JSON.stringify({ ...me, since: time, isOwner: false }));
    await expect(lockRun(folder, folder, clock)).rejects.toThrow(busy(/delete .*ffffffffffff\.lock/));
  });

  test("what a process left that was killed while it asked is cleaned up", async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `.training-${crypto.randomUUID()}.lock.tmp`), "{");
    await (await lockRun(folder))();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("isRunning", () => {
  test("knows this process, and that another machine's is not known", async () => {
    const me = await thisProcess();
    expect(await isRunning(me)).toBe(true);
    expect(await isRunning({ ...me, host: `${me.host}-2` })).toBeUndefined();
    if (me.space !== undefined) expect(await isRunning({ ...me, space: "another boot" })).toBeUndefined();
  });
});
