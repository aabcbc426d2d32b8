import { appendFile, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type WatchOptions, watchedPictures } from "../../src/cli/predictWatch.ts";
import { createWorkspace } from "./workspace.ts";

const pictures = fileURLToPath(new URL("../../examples/pictures/", import.meta.url));

let cwd: string;
let stop: AbortController;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "mnist-watch-"));
  await mkdir(join(cwd, "in"));
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await rm(cwd, { recursive: true, force: true });
});

const write = (name: string, text: string) => writeFile(join(cwd, "in", name), text);
const watching = (options: Partial<WatchOptions> = {}) =>
  watchedPictures("in", { cwd, onlyNew: false, signal: stop.signal, settleMs: 40, pollMs: 40, ...options });
const nextName = async (pictures: ReturnType<typeof watching>) => (await pictures.next()).value?.name;

/** A system that tells of no change, as network folders do, or refuses to. */
const deaf = { notify: () => ({ close() {} }) };
const refusing = {
  notify: () => {
    throw new Error("ENOSPC");
  },
};

describe.each<[string, Partial<WatchOptions>]>([
  ["with the system's word", { pollMs: 60_000 }],
  ["without any word", deaf],
  ["where the system refuses", refusing],
])("a watched folder %s", (_, options) => {
  test("gives what is there in natural order, then what comes, and nothing twice", async () => {
    await write("page-10.png", "a");
    await write("page-9.png", "b");
    await write("notes.txt", "c");
    await write(".page.png", "d");
    const found = watching(options);
    expect([await nextName(found), await nextName(found)]).toEqual(["in/page-9.png", "in/page-10.png"]);
    const third = nextName(found);
    await write("page-1.jpg", "e");
    expect(await third).toBe("in/page-1.jpg");
    const renamed = nextName(found);
    await writeFile(join(cwd, "upload.part"), "f");
    await rename(join(cwd, "upload.part"), join(cwd, "in", "page-2.png"));
    expect(await renamed).toBe("in/page-2.png");
  });

  test("gives a picture again that changes", async () => {
    await write("a.png", "one");
    const found = watching(options);
    expect(await nextName(found)).toBe("in/a.png");
    const again = nextName(found);
    await write("a.png", "another");
    expect(await again).toBe("in/a.png");
  });

  test("leaves out what is there when only what is new is wanted", async () => {
    await write("old.png", "a");
    const found = watching({ ...options, onlyNew: true });
    const first = nextName(found);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await write("new.png", "b");
    expect(await first).toBe("in/new.png");
  });

  test("ends with the signal", async () => {
    const found = watching(options);
    const next = found.next();
    setTimeout(() => stop.abort(), 30);
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

test("a file that grows is not given before it is whole", async () => {
  await write("slow.png", "x");
  await write("quick.png", "y");
  let isWhole = false;
  const growing = (async () => {
    for (let i = 0; i < 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      await appendFile(join(cwd, "in", "slow.png"), "x");
    }
    isWhole = true;
  })();
  const found = watching({ ...deaf, settleMs: 400 });
  const names = [await nextName(found), await nextName(found)];
  expect(names).toEqual(["in/quick.png", "in/slow.png"]);
  expect(isWhole).toBe(true);
  await growing;
});

test("no folder, and one that goes away, end it in one sentence", async () => {
  const none = watchedPictures("nowhere", { cwd, onlyNew: false, signal: stop.signal });
  await expect(none.next()).rejects.toThrow("--watch nowhere: expected a folder, found none; check the path");
  const gone = watching();
  const next = gone.next();
  await rm(join(cwd, "in"), { recursive: true });
  await expect(next).rejects.toThrow("--watch in: expected a folder, found none");
});

test("mnist predict --watch reads on after a failure, until Ctrl-C", async () => {
  const workspace = await createWorkspace({ withData: false });
  const inbox = join(workspace.path, "inbox");
  await mkdir(inbox);
  await copyFile(`${pictures}paper-3.png`, join(inbox, "1.png"));
  const lines: string[] = [];
  const { status, err } = await workspace.run(
    ["predict", "--checkpoint", "lenet5", "--watch", "inbox", "--json", "--annotate", "drawn"],
    {
      onWrite(text, interrupt) {
        if (text.startsWith("{")) lines.push(text);
        if (lines.length === 1 && text.startsWith("{")) void writeFile(join(inbox, "2.png"), "a text");
        if (lines.length === 2 && text.startsWith("{"))
          void copyFile(`${pictures}screen-0.png`, join(inbox, "3.png"));
        if (lines.length === 3) interrupt();
      },
    },
  );
  expect(status).toBe(130);
  expect(
    lines.map((line) => JSON.parse(line)).map(({ source, text, error }) => [source, error?.code ?? text]),
  ).toEqual([
    ["inbox/1.png", "3"],
    ["inbox/2.png", "BAD_IMAGE"],
    ["inbox/3.png", "0"],
  ]);
  expect(err).toMatch(/^error: \S*2\.png: not a PNG or JPEG image /);
  await workspace.remove();
});
