import { readFileSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Box } from "../../src/image/picture.ts";
import { quickModel } from "../data/quickModel.ts";
import { createWorkspace, type RunOptions, type Workspace } from "./workspace.ts";

const pictures = fileURLToPath(new URL("../../examples/pictures/", import.meta.url));
const png = readFileSync(`${pictures}paper-3.png`);
const jpeg = readFileSync(`${pictures}chalk-2.jpg`);
const text = "this is a text, whatever its name says";
// Its header is whole, its pixels are not.
const truncated = png.subarray(0, 400);

let workspace: Workspace;
let server: Server;
let url = "";
let refused = "";
/** What the server was asked for. */
const asked: string[] = [];

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  workspace = await createWorkspace({ withData: false });
  const blank = await sharp({ create: { width: 60, height: 50, channels: 3, background: "white" } })
    .png()
    .toBuffer();
  const bodies: Readonly<Record<string, readonly [type: string, body: Uint8Array | string]>> = {
    "/three.png": ["image/png", png],
    "/two.jpg": ["image/jpeg", jpeg],
    // The first bytes say what it is, whatever the server says.
    "/wrong-type": ["text/html", png],
    "/text.png": ["image/png", text],
    "/truncated.png": ["image/png", truncated],
    "/blank.png": ["image/png", blank],
    "/empty.png": ["image/png", ""],
  };
  server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const [type, body] = bodies[path] ?? [];
    if (path === "/moved") response.writeHead(302, { location: "/three.png" }).end();
    else if (path === "/silent")
      request.socket.unref(); // never answered
    else if (type === undefined) response.writeHead(404, { "content-type": "image/png" }).end(png);
    else response.writeHead(200, { "content-type": type }).end(body);
  });
  url = await listen(server);
  const other = createServer();
  refused = await listen(other);
  await new Promise((resolve) => other.close(resolve));

  const file = (name: string, bytes: Uint8Array | string) => writeFile(join(workspace.path, name), bytes);
  await Promise.all([
    file("model.safetensors", await quickModel()),
    copyFile(`${pictures}paper-3.png`, join(workspace.path, "three.png")),
    copyFile(`${pictures}chalk-2.jpg`, join(workspace.path, "two.jpg")),
    file("text.png", text),
    file("truncated.png", truncated),
    file("blank.png", blank),
    file("empty.png", ""),
    mkdir(join(workspace.path, "nothing-in-it")),
    file("picture.gif", await sharp(png).gif().toBuffer()),
  ]);
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await workspace.remove();
});

const predict = (argv: readonly string[], options?: RunOptions) =>
  workspace.run(["predict", "--checkpoint", "model.safetensors", "--threads", "1", ...argv], options);

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
}

interface Answer {
  readonly source: string;
  readonly text: string;
  readonly digit: number;
  readonly confidence: number;
  readonly probabilities: readonly number[];
  readonly box: Box;
}

/** The answers that `--json` printed for pictures of one digit, each checked for what it must be. */
function answers(out: string): Answer[] {
  return out
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { source, text, lines, digits, width, height, ...more } = JSON.parse(line);
      expect(more).toEqual({});
      expect(digits).toHaveLength(1);
      const { digit, className, confidence, probabilities, isDigit, box, ...others } = digits[0];
      expect(others).toEqual({});
      expect(lines).toEqual([{ text, box, digits: [0] }]);
      expect([text, isDigit]).toEqual([String(digit), true]);
      expect(className).toBe(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][digit],
      );
      expect(probabilities).toHaveLength(10);
      for (const probability of probabilities) {
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }
      const sum = probabilities.reduce((a: number, b: number) => a + b);
      expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
      expect(confidence).toBe(Math.max(...probabilities));
      expect(digit).toBe(probabilities.indexOf(confidence));
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(box.y + box.height).toBeLessThanOrEqual(height);
      return { source, text, digit, confidence, probabilities, box };
    });
}

describe("a picture", () => {
  test.each([
    ["PNG", "three.png", png, 3],
    ["JPEG", "two.jpg", jpeg, 2],
  ] as const)(
    "%s by path, by URL and from standard input gives the same answer",
    async (_, file, bytes, digit) => {
      const byPath = await predict(["--json", file]);
      expect(byPath).toMatchObject({ status: 0, err: "" });
      const [found] = answers(byPath.out);
      expect(found).toMatchObject({ source: file, digit });
      expect(found?.confidence).toBeGreaterThan(0.8);
      const { width = 0, height = 0 } = await sharp(bytes).metadata();
      expect(found?.box.x).toBeGreaterThan(0);
      expect(found?.box.y).toBeGreaterThan(0);
      expect((found?.box.x ?? 0) + (found?.box.width ?? 0)).toBeLessThan(width);
      expect((found?.box.y ?? 0) + (found?.box.height ?? 0)).toBeLessThan(height);

      asked.length = 0;
      const byUrl = await predict(["--json", `${url}/${file}`]);
      expect(byUrl).toMatchObject({ status: 0, err: "" });
      expect(asked).toEqual([`/${file}`]);
      expect(answers(byUrl.out)).toEqual([{ ...found, source: `${url}/${file}` }]);

      const byStdin = await predict(["--json", "-"], { stdin: chunksOf(bytes) });
      expect(byStdin).toMatchObject({ status: 0, err: "" });
      expect(answers(byStdin.out)).toEqual([{ ...found, source: "-" }]);

      const byFileUrl = await predict(["--json", `file://${workspace.path}/${file}`]);
      expect(answers(byFileUrl.out)[0]).toMatchObject({ digit, box: found?.box });
    },
  );

  test("is found behind a redirect, and whatever type the server claims", async () => {
    const { status, out, err } = await predict(["--json", `${url}/moved`, `${url}/wrong-type`]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(answers(out).map(({ digit }) => digit)).toEqual([3, 3]);
  });

  test("is shown to people as the digit, ten numbers and ten bars", async () => {
    const { status, out, err } = await predict(["three.png"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const [head, ...rows] = out.replace(/\n$/, "").split("\n");
    const [{ confidence, probabilities } = { confidence: 0, probabilities: [] }] = answers(
      (await predict(["--json", "three.png"])).out,
    );
    expect(head).toBe(`three.png: 3  (${(confidence * 100).toFixed(1)} % sure)`);
    expect(rows).toHaveLength(10);
    for (const [digit, row] of rows.entries()) {
      const [, label, number, bar = ""] = /^ {2}(\d) {2}(\d\.\d{4}) {2}([█▏▎▍▌▋▊▉]*)$/.exec(row) ?? [];
      expect(label).toBe(String(digit));
      expect(number).toBe(probabilities[digit]?.toFixed(4));
      expect(bar.length).toBe(Math.ceil(Math.round((probabilities[digit] ?? 0) * 240) / 8));
    }
    expect(out).not.toContain("\x1b");
    expect((await predict(["three.png"], { isTTY: true })).out).toContain("\x1b[32m");
  });

  test("and another are answered in their order", async () => {
    const { status, out } = await predict(["two.jpg", "three.png"]);
    expect(status).toBe(0);
    expect(out).toMatch(/^two\.jpg: 2 [\s\S]*\n\nthree\.png: 3 /);
  });

  test("is read with the shipped weights unless others are named", async () => {
    const { status, out } = await workspace.run([
      "predict",
      "--json",
      "--threads",
      "1",
      "three.png",
      "two.jpg",
    ]);
    expect(status).toBe(0);
    const [three, two] = answers(out);
    expect([three?.digit, two?.digit]).toEqual([3, 2]);
    const [other] = answers((await predict(["--json", "three.png"])).out);
    expect(three?.box).toEqual(other?.box);
    expect(three?.probabilities).not.toEqual(other?.probabilities);
  });

  test("is read by every engine to the same digit, and --debug says which one it was", async () => {
    const found = [];
    for (const variant of ["simd128", "reference"]) {
      const { status, out, err } = await predict(["--debug", "--json", "--engine", variant, "three.png"]);
      expect({ status, err }).toEqual({
        status: 0,
        err: `engine: ${variant}, 1 thread (as --engine asks)\n`,
      });
      found.push(...answers(out));
    }
    const [fast, reference] = found;
    expect(fast?.digit).toBe(3);
    for (const [i, probability] of (fast?.probabilities ?? []).entries())
      expect(Math.abs(probability - (reference?.probabilities[i] ?? 1))).toBeLessThan(1e-5);
  });

  test("may be read with a run's folder as the checkpoint, and is the same", async () => {
    const { out } = await workspace.run([
      "predict",
      "--json",
      "--threads",
      "1",
      "--checkpoint",
      ".",
      "three.png",
    ]);
    expect(out).toBe((await predict(["--json", "three.png"])).out);
  });
});

describe("a picture that fails is told in one sentence, with status 1", () => {
  test.each<[string, () => string, RegExp]>([
    [
      "a text of that name",
      () => "text.png",
      /^text\.png: not a PNG or JPEG image \(it begins with "this is a…"\); give a PNG or JPEG file$/,
    ],
    ["a text by URL", () => `${url}/text.png`, /^http:\S+\/text\.png: not a PNG or JPEG image \(/],
    [
      "an image of another kind",
      () => "picture.gif",
      /^picture\.gif: a GIF image, and only PNG and JPEG are read; /,
    ],
    [
      "a truncated PNG",
      () => "truncated.png",
      /^truncated\.png: the PNG image cannot be decoded \(.*\); it may be cut short or damaged: /,
    ],
    [
      "a truncated PNG by URL",
      () => `${url}/truncated.png`,
      /^http:\S+\/truncated\.png: the PNG image cannot be decoded /,
    ],
    [
      "a blank picture",
      () => "blank.png",
      /^blank\.png: no digit found; the picture is blank, or nothing in it looks like a digit$/,
    ],
    [
      "a blank picture by URL",
      () => `${url}/blank.png`,
      /^http:\S+\/blank\.png: no digit found; the picture is blank, or nothing in it looks like a digit$/,
    ],
    ["an empty file", () => "empty.png", /^empty\.png: the file is empty; give a PNG or JPEG file$/],
    ["a missing file", () => "nothing.png", /nothing\.png: there is no such file; check the path$/],
    [
      "a folder without pictures",
      () => "nothing-in-it",
      /^nothing-in-it: expected pictures in this folder, found no /,
    ],
    [
      "a 404",
      () => `${url}/nothing.png`,
      /^http:\S+\/nothing\.png: the server answered 404 Not Found; check the address$/,
    ],
    [
      "a refused connection",
      () => `${refused}/x.png`,
      /^http:\S+: 127\.0\.0\.1:\d+ refused the connection; is a server running there\?$/,
    ],
    [
      "another scheme",
      () => "ftp://127.0.0.1/x.png",
      /^ftp:\S+: the scheme is "ftp", only http and https are fetched$/,
    ],
    [
      "a file on another machine",
      () => "file://elsewhere/x.png",
      /^file:\S+: not the URL of a file on this machine; give its path$/,
    ],
    ["a URL that is none", () => "http://", /^http:\/\/: not a URL; /],
  ])("%s", async (_, source, message) => {
    const { status, out, err } = await predict(["--json", source()]);
    expect(err).toMatch(/^error: [^\n]+\n$/);
    expect(err.slice("error: ".length).trimEnd()).toMatch(message);
    expect(status).toBe(1);
    const told = err.slice("error: ".length).trimEnd();
    expect(JSON.parse(out)).toEqual({
      source: source(),
      error: { code: expect.stringMatching(/^(BAD_IMAGE|NOT_FOUND|NETWORK)$/), message: told },
    });
    expect(await predict([source()])).toEqual({ status: 1, out: "", err });
  });

  test("a server that does not answer in time", async () => {
    const { status, err } = await predict(["--timeout", "0.1", `${url}/silent`]);
    expect(status).toBe(1);
    expect(err).toBe(`error: ${url}/silent: no whole answer within 0.1 s; try again later\n`);
  });

  test.each<[string, AsyncIterable<Uint8Array>, RegExp]>([
    ["nothing", chunksOf(new Uint8Array()), /^error: standard input: the file is empty; /],
    ["a text", chunksOf(Buffer.from(text)), /^error: standard input: not a PNG or JPEG image /],
  ])("%s on standard input", async (_, stdin, message) => {
    const { status, out, err } = await predict(["-"], { stdin });
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(message);
  });

  test("standard input without an end is left in time", async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1e6;
        yield new Uint8Array(1e6);
      }
    }
    const { status, err } = await predict(["-"], { stdin: endless() });
    expect(status).toBe(1);
    expect(err).toBe(
      "error: standard input: at most 20,000,000 bytes are read, and more came; give a smaller picture\n",
    );
    expect(read).toBe(21e6);
  });

  test("and the other pictures are answered all the same", async () => {
    const sources = ["text.png", "two.jpg", `${url}/nothing.png`, `${url}/three.png`];
    const { status, out, err } = await predict(["--json", ...sources]);
    expect(status).toBe(1);
    const [text, two, nothing, three] = out.trimEnd().split("\n");
    expect(answers(`${two}\n${three}`).map(({ source, digit }) => [source, digit])).toEqual([
      ["two.jpg", 2],
      [`${url}/three.png`, 3],
    ]);
    expect([text, nothing].map((line) => JSON.parse(line ?? "").error.code)).toEqual([
      "BAD_IMAGE",
      "NETWORK",
    ]);
    const told = err.trimEnd().split("\n");
    expect(told).toHaveLength(3);
    expect(told[0]).toMatch(/^error: text\.png: not a PNG or JPEG image /);
    expect(told[1]).toMatch(/^error: http:\S+\/nothing\.png: the server answered 404 /);
    expect(told[2]).toBe("error: 2 of 4 pictures could not be read");
  });

  test("--debug shows where it comes from, besides", async () => {
    const { err } = await predict(["--debug", "text.png"]);
    expect(err).toMatch(/^engine: .*\nerror: text\.png: .*\nMnistError: text\.png: .*\n {4}at /);
  });
});

describe("mnist predict", () => {
  test.each<[string[], number, RegExp]>([
    [
      ["--checkpoint", "nowhere", "three.png"],
      1,
      /^error: nowhere: there is no such file or folder; check the path$/,
    ],
    [["--checkpoint", "three.png", "three.png"], 1, /^error: \S*three\.png: .*is this a safetensors file\?$/],
    [["--timeout", "0", "three.png"], 2, /^error: --timeout: expected seconds above 0, found 0$/],
    [
      ["--threads", "-1", "three.png"],
      2,
      /^error: --threads: expected a whole number from 1 to 64, found -1$/,
    ],
    [["--engine", "gpu", "three.png"], 2, /^error: --engine: expected one of relaxed, .*, found "gpu"$/],
    // What is wrong with the weights is told before what is wrong with the picture.
    [["--checkpoint", "text.png", "text.png"], 1, /^error: \S*text\.png: .*safetensors file/],
    [["--checkpoint", "text.png", "text.png", "blank.png"], 1, /^error: \S*text\.png: .*safetensors file/],
    [[], 2, /^error: picture: expected a path, a folder, a URL or -, found none; /],
  ])("%j ends in one sentence", async (flags, expected, message) => {
    const { status, out, err } = await predict(flags);
    expect({ status, out }).toEqual({ status: expected, out: "" });
    expect(err.split("\n")[0]).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });

  test("Ctrl-C ends it between pictures, with 130", async () => {
    const { status, out } = await predict(["--json", "three.png", "two.jpg"], {
      onWrite: (_, interrupt) => interrupt(),
    });
    expect(status).toBe(130);
    expect(answers(out).map(({ source }) => source)).toEqual(["three.png"]);
  });

  test("--help has every option, and examples of a path, a URL and standard input", async () => {
    const { status, out, err } = await predict(["--help"]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const options = [
      ...["checkpoint", "threads", "engine", "debug", "single", "recursive", "files-from", "null", "watch"],
      ...["only-new", "concurrency", "timeout", "max-bytes", "max-redirects", "public-only", "verbose"],
      ...["json", "csv", "annotate", "save-normalized"],
    ];
    for (const option of options) {
      expect(out).toMatch(new RegExp(`^ +--${option}\\b`, "m"));
    }
    expect(out).toMatch(/Examples:\n {2}mnist predict digit\.png\n {2}mnist predict https:/);
    expect(out).toContain("| mnist predict -\n");
  });
});
