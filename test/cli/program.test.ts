import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { main } from "../../src/cli/program.ts";
import { createProgressLine, formatDuration } from "../../src/cli/terminal.ts";
import { bestVariant } from "../../src/engine/wasmBackend.ts";
import { testIo } from "./testIo.ts";

const run = async (...argv: string[]) => {
  const io = testIo();
  return { status: await main(argv, io), out: io.out(), err: io.err() };
};

describe("mnist", () => {
  test("--help lists commands and examples on standard output", async () => {
    const { status, out, err } = await run("--help");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/^Usage: mnist \[options\] \[command\]\n/);
    expect(out).toMatch(/^ {2}prepare \[options\] /m);
    expect(out).toMatch(/^Examples:\n {2}mnist prepare /m);
  });

  test("--version is the package's", async () => {
    const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
    expect(await run("--version")).toEqual({ status: 0, out: `${version}\n`, err: "" });
  });

  test.each([[["--version", "--json"]], [["--json", "-V"]]])(
    "%j tells besides what computes, and on what",
    async (argv) => {
      const { status, out, err } = await run(...argv);
      expect({ status, err }).toEqual({ status: 0, err: "" });
      const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };
      const variant = bestVariant() ?? "reference";
      expect(JSON.parse(out)).toEqual({
        version,
        engine: { variant, threads: variant === "reference" ? 1 : availableParallelism() },
        node: process.versions.node,
        platform: process.platform,
        arch: process.arch,
      });
    },
  );

  test("--help lists the same commands as there are by name, each with its own help", async () => {
    const { out } = await run("--help");
    const commands = [...out.matchAll(/^ {2}(\w+) \[options\] /gm)].map(([, name = ""]) => name);
    expect(commands).toEqual(["prepare", "inspect", "train", "validate", "predict", "report", "export"]);
    for (const name of commands) {
      for (const argv of [
        [name, "--help"],
        ["help", name],
      ]) {
        const own = await run(...argv);
        expect(own).toMatchObject({ status: 0, err: "" });
        expect(own.out).toMatch(new RegExp(`^Usage: mnist ${name} \\[options\\]`));
      }
    }
  });

  test.each<[string, string[], string]>([
    ["an unknown command", ["prepair"], "error: unknown command 'prepair'\n(Did you mean prepare?)\n"],
    [
      "an unknown option",
      ["prepare", "--outptu", "x"],
      "error: unknown option '--outptu'\n(Did you mean --output?)\n",
    ],
    ["an option without its value", ["prepare", "--output"], "argument missing"],
    ["an argument too many", ["prepare", "here"], "too many arguments"],
  ])("%s is wrong usage, with a hint", async (_, argv, message) => {
    const { status, out, err } = await run(...argv);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(message);
    expect(err).toContain("--help");
  });

  test("nothing to do is wrong usage, and shows the help", async () => {
    const { status, out, err } = await run();
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toMatch(/^Usage: mnist/);
  });

  test("colours are for terminals, and not where NO_COLOR is set", async () => {
    for (const [isTTY, env, coloured] of [
      [true, {}, true],
      [true, { NO_COLOR: "1" }, false],
      [true, { TERM: "dumb" }, false],
      [false, {}, false],
    ] as const) {
      const io = testIo({ isTTY, env });
      await main(["prepair"], io);
      expect(io.err().includes("\x1b[")).toBe(coloured);
    }
  });

  test("as a process it has the same streams and exit status", async () => {
    const jiti = join(
      dirname(createRequire(import.meta.url).resolve("jiti/package.json")),
      "lib",
      "jiti-cli.mjs",
    );
    const mainFile = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
    const start = promisify(execFile);
    const help = await start(process.execPath, [jiti, mainFile, "--help"]);
    expect(help.stdout).toMatch(/^Usage: mnist/);
    expect(help.stderr).toBe("");
    await expect(start(process.execPath, [jiti, mainFile, "nonsense"])).rejects.toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("unknown command 'nonsense'"),
    });
  });
});

describe("formatDuration", () => {
  test.each([
    [0.04, "0.0 s"],
    [9.94, "9.9 s"],
    [59.4, "59 s"],
    [59.6, "1 min 0 s"],
    [250, "4 min 10 s"],
    [3599.7, "1 h 0 min"],
    [7500, "2 h 5 min"],
  ])("%d seconds are %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe("createProgressLine", () => {
  test("says how far the work is and what time is left", () => {
    let time = 0;
    const io = testIo({ isTTY: true });
    const line = createProgressLine(io, "work", () => time);
    line.update(1, 100);
    expect(io.err()).toBe(""); // too early to be worth a line
    time = 5000;
    line.update(25, 100, "25 of 100");
    expect(io.err()).toContain("work");
    expect(io.err()).toContain(" 25 %");
    expect(io.err()).toContain("15 s left"); // 5 s for a quarter
    expect(io.err()).toContain("25 of 100");
    const before = io.err();
    time = 5010;
    line.update(26, 100);
    expect(io.err()).toBe(before); // not at each call
    line.clear();
    expect(io.err().slice(before.length)).toBe("\r\x1b[2K");
    expect(io.out()).toBe("");
  });

  test("prints nothing where nobody watches", () => {
    let time = 0;
    const io = testIo({ isTTY: false });
    const line = createProgressLine(io, "work", () => time);
    time = 5000;
    line.update(25, 100);
    line.clear();
    expect(io.err()).toBe("");
  });
});
