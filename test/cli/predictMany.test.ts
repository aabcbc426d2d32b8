import { readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { quickModel } from "../data/quickModel.ts";
import { createWorkspace, type RunOptions, type Workspace } from "./workspace.ts";

const pictures = fileURLToPath(new URL("../../examples/pictures/", import.meta.url));
const three = readFileSync(`${pictures}paper-3.png`);

let workspace: Workspace;
let server: Server;
let url = "";
beforeAll(async () => {
  workspace = await createWorkspace({ withData: false });
  const at = (...names: string[]) => join(workspace.path, ...names);
  await writeFile(at("model.safetensors"), await quickModel());
  await mkdir(at("scans", "below"), { recursive: true });
  await mkdir(at("scans", ".hidden"));
  await Promise.all([
    copyFile(`${pictures}chalk-2.jpg`, at("scans", "page-10.JPG")),
    copyFile(`${pictures}paper-3.png`, at("scans", "page-2.png")),
    copyFile(`${pictures}screen-0.png`, at("scans", "below", "page-1.png")),
    copyFile(`${pictures}screen-0.png`, at("scans", ".hidden", "page.png")),
    copyFile(`${pictures}screen-0.png`, at("scans", ".page.png")),
    copyFile(`${pictures}screen-0.png`, at("[1].png")),
    writeFile(at("scans", "notes.txt"), "no picture"),
    writeFile(at("text.png"), "this is a text"),
    symlink(at("scans"), at("scans", "below", "around.png")),
    symlink("/dev/null", at("scans", "below", "device.png")),
  ]);
  server = createServer((request, response) => {
    if (request.url === "/huge.png") response.end(Buffer.alloc(200_000));
    else if (request.url?.startsWith("/moved"))
      response.writeHead(302, { location: request.url === "/moved2" ? "/moved1" : "/three.png" }).end();
    else if (request.url === "/page.png")
      response.writeHead(200, { "content-type": "image/png" }).end("<!doctype html><title>Sign in</title>");
    else response.end(three);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await workspace.remove();
});

const predict = (argv: readonly string[], options?: RunOptions) =>
  workspace.run(["predict", "--checkpoint", "model.safetensors", ...argv], options);

/** Sources and what they were read as, or the code of the error, from `--json`. */
const read = (out: string) =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .map(({ source, text, error }) => [source, error?.code ?? text]);

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

describe("many pictures", () => {
  test("of a folder come in natural order, those below it when asked for, hidden ones never", async () => {
    const flat = await predict(["--json", "scans"]);
    expect(flat).toMatchObject({ status: 0, err: "" });
    expect(read(flat.out)).toEqual([
      ["scans/page-2.png", "3"],
      ["scans/page-10.JPG", "2"],
    ]);
    const deep = await predict(["--json", "--recursive", "scans/"]);
    expect(read(deep.out)).toEqual([
      ["scans/below/page-1.png", "0"],
      ["scans/page-2.png", "3"],
      ["scans/page-10.JPG", "2"],
    ]);
    const none = await predict(["--json", "scans/.hidden/..", "nowhere/*.png"]);
    expect(none.status).toBe(1);
    expect(read(none.out).at(-1)).toEqual(["nowhere/*.png", "NOT_FOUND"]);
  });

  test("that a pattern fits, and a file whose name looks like one", async () => {
    const { status, out } = await predict([
      "--json",
      "scans/*/page-*.{png,JPG}",
      "scans/page-*.*",
      "[1].png",
    ]);
    expect(status).toBe(0);
    expect(read(out)).toEqual([
      ["scans/below/page-1.png", "0"],
      ["scans/page-2.png", "3"],
      ["scans/page-10.JPG", "2"],
      ["[1].png", "0"],
    ]);
  });

  test("are named in a list, from standard input in pieces or from a file, with NULs or lines", async () => {
    const lines = chunks("\ufeffscans/page-2.png\r\n\r\nsca", "ns/page-10.JPG\nno", "thing.png\n[1].png");
    const found = await predict(["--json", "--files-from", "-", "text.png"], { stdin: lines });
    expect(found.status).toBe(1);
    expect(read(found.out)).toEqual([
      ["text.png", "BAD_IMAGE"],
      ["scans/page-2.png", "3"],
      ["scans/page-10.JPG", "2"],
      ["nothing.png", "NOT_FOUND"],
      ["[1].png", "0"],
    ]);
    expect(found.err.trimEnd().split("\n").at(-1)).toBe("error: 2 of 5 pictures could not be read");
    await writeFile(join(workspace.path, "list"), "scans/page-2.png\0[1].png\0");
    const nul = await predict(["--json", "--null", "--files-from", "list"]);
    expect(read(nul.out)).toEqual([
      ["scans/page-2.png", "3"],
      ["[1].png", "0"],
    ]);
    const wrong = await predict(["--json", "--files-from", "list"]);
    expect(wrong.status).toBe(2);
    expect(wrong.err).toMatch(/^error: --files-from list: .*--null reads names that end in one\n$/);
    const missing = await predict(["--files-from", "no-list"]);
    expect(missing.err).toMatch(/^error: --files-from no-list: there is no such file; /);
  });

  test("are answered in their order however many are read at a time", async () => {
    const names = Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? "scans/page-10.JPG" : "[1].png"));
    const list = chunks(names.join("\n"));
    const { status, out } = await predict(["--json", "--concurrency", "5", "--files-from", "-"], {
      stdin: list,
    });
    expect(status).toBe(0);
    expect(read(out)).toEqual(names.map((name) => [name, name === "[1].png" ? "0" : "2"]));
  });

  test("are rows of one table with --csv, whose head stands even where all fail", async () => {
    const { out } = await predict(["--csv", "scans", "text.png"]);
    const rows = out
      .trimEnd()
      .split("\n")
      .map((row) => row.split(","));
    expect(rows.map(([source, line, position, digit]) => [source, line, position, digit])).toEqual([
      ["source", "line", "position", "digit"],
      ["scans/page-2.png", "1", "1", "3"],
      ["scans/page-10.JPG", "1", "1", "2"],
    ]);
    for (const row of rows) expect(row).toHaveLength(20);
    const none = await predict(["--csv", "text.png"]);
    expect(none.status).toBe(1);
    expect(none.out).toMatch(/^source,[^\n]+,p9\n$/);
  });

  test("Ctrl-C ends a list that does not end", async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("[1].png\n");
      await new Promise(() => {});
    }
    const { status, out } = await predict(["--json", "--files-from", "-"], {
      stdin: endless(),
      onWrite: (_, interrupt) => interrupt(),
    });
    expect(status).toBe(130);
    expect(read(out)).toEqual([["[1].png", "0"]]);
  });
});

describe("pictures from URLs", () => {
  test.each<[string, string[], RegExp]>([
    [
      "larger than allowed",
      ["--max-bytes", "1000", "/huge.png"],
      /at most 1,000 bytes are read, and more|at most 1,000 bytes are read, and Content-Length/,
    ],
    ["behind more redirects than allowed", ["--max-redirects", "1", "/moved2"], /more than 1 redirects/],
    [
      "in a private network, with --public-only",
      ["--public-only", "/three.png"],
      /127\.0\.0\.1 is not a public address/,
    ],
    ["of a page to sign in", ["/page.png"], /not a PNG or JPEG image \(it begins with "<!doctype…"\)/],
  ])("%s fail in one sentence", async (_, argv, message) => {
    const flags = argv.slice(0, -1);
    const { status, out, err } = await predict([...flags, `${url}${argv.at(-1)}`]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^error: [^\n]+\n$/);
    expect(err).toMatch(message);
  });

  test("are the only ones that a stranger's list may name", async () => {
    const list = chunks(`[1].png\nfile://${workspace.path}/[1].png\n${url}/three.png\n`);
    const { status, out } = await predict(["--json", "--public-only", "--files-from", "-"], { stdin: list });
    expect(status).toBe(1);
    expect(read(out).map(([, code]) => code)).toEqual(["BAD_ARGUMENT", "BAD_ARGUMENT", "NETWORK"]);
    const trusted = await predict(["--json", `${url}/moved2`]);
    expect(read(trusted.out)).toEqual([[`${url}/moved2`, "3"]]);
  });
});

describe("files for pictures", () => {
  const at = (...names: string[]) => join(workspace.path, ...names);

  test("--annotate draws one picture to a name, several into a folder or to names with %", async () => {
    expect((await predict(["--annotate", "read.png", "scans/page-2.png"])).status).toBe(0);
    const [before, after] = [
      await sharp(three).metadata(),
      await sharp(await readFile(at("read.png"))).metadata(),
    ];
    const scale = Math.floor(600 / Math.max(before.width, before.height));
    expect(after).toMatchObject({ format: "png", width: before.width * Math.max(1, scale) });

    expect(
      (
        await predict([
          "--annotate",
          "drawn/",
          "scans",
          "[1].png",
          "scans/page-2.png",
          `${url}/a/b.png?c`,
          "--json",
        ])
      ).status,
    ).toBe(0);
    expect((await readdir(at("drawn"))).sort()).toEqual(["[1].png", "b.png", "page-10.jpg", "page-2.png"]);
    expect((await sharp(await readFile(at("drawn", "page-10.jpg"))).metadata()).format).toBe("jpeg");

    expect(
      (await predict(["--annotate", "drawn/%-read.jpg", "scans", "scans/below/page-1.png"])).status,
    ).toBe(0);
    expect((await readdir(at("drawn"))).filter((name) => name.includes("read"))).toEqual([
      "page-1-read.jpg",
      "page-10-read.jpg",
      "page-2-read.jpg",
    ]);
  });

  test("of pictures with the same name get different ones", async () => {
    await mkdir(at("other"), { recursive: true });
    await copyFile(`${pictures}screen-0.png`, at("other", "page-2.png"));
    expect((await predict(["--annotate", "same/", "scans/page-2.png", "other/page-2.png"])).status).toBe(0);
    expect((await readdir(at("same"))).sort()).toEqual(["page-2-2.png", "page-2.png"]);
  });

  test("--save-normalized writes what the network saw, which reads as the same digit", async () => {
    expect((await predict(["--save-normalized", "seen", "scans"])).status).toBe(0);
    expect((await readdir(at("seen"))).sort()).toEqual(["page-10-01-2.png", "page-2-01-3.png"]);
    const { width, height, channels } = decode(await readFile(at("seen", "page-2-01-3.png")));
    expect([width, height, channels]).toEqual([28, 28, 1]);
    const again = await predict(["--json", "--single", "seen"]);
    expect(read(again.out).map(([, text]) => text)).toEqual(["3", "2"]);
  });

  test.each<[string[], RegExp]>([
    [
      ["--annotate", "one.png", "scans"],
      /^error: --annotate: expected a folder for several pictures, .* found one\.png\n$/,
    ],
    [
      ["--annotate", "one.gif", "[1].png"],
      /^error: --annotate: expected a folder, or a name that ends in \.png or \.jpg, found one\.gif\n$/,
    ],
    [
      ["--annotate", "scans", "--watch", "scans"],
      /^error: --annotate: expected another folder than the watched one, /,
    ],
    [
      ["--save-normalized", "scans/", "--watch", "scans"],
      /^error: --save-normalized: expected another folder /,
    ],
    [["--watch", "scans", "[1].png"], /^error: --watch: expected no other pictures /],
    [["--watch", "scans", "--recursive"], /^error: --watch: it looks into one folder/],
    [["--only-new", "[1].png"], /^error: --only-new: expected --watch /],
    [["--null", "[1].png"], /^error: --null: expected --files-from /],
    [["-", "--files-from", "-"], /^error: -: standard input can be read once/],
    [["--json", "--csv", "[1].png"], /^error: --csv: expected one way to print/],
    [
      ["--concurrency", "0", "[1].png"],
      /^error: --concurrency: expected a whole number from 1 to 64, found 0\n$/,
    ],
    [["--max-bytes", "many", "[1].png"], /^error: --max-bytes: expected a number, found "many"\n$/],
  ])("%j is wrong usage", async (argv, message) => {
    const { status, out, err } = await predict(argv);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(message);
  });

  test("that cannot be written end all at once", async () => {
    await writeFile(at("a-file"), "");
    const { status, err } = await predict(["--save-normalized", "a-file/in-it", "scans"]);
    expect(status).toBe(1);
    expect(err).toMatch(/^error: E(NOTDIR|EXIST)/);
    await rm(at("a-file"));
  });
});
