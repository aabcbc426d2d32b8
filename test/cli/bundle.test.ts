import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "../../src/cli/program.ts";
import { testIo } from "./testIo.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pictures = join(root, "examples", "pictures");
let folder = "";

/** The package as it is installed, but for its dependencies. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-command-"));
  const script = pathToFileURL(join(root, "scripts", "bundle-command.mjs")).href;
  const { bundleCommand } = (await import(script)) as { bundleCommand(folder: string): Promise<void> };
  await bundleCommand(join(folder, "dist", "cli"));
  await symlink(join(root, "models"), join(folder, "models"));
  await copyFile(join(root, "package.json"), join(folder, "package.json"));
});
afterAll(() => rm(folder, { recursive: true }));

const command = (...argv: string[]) =>
  promisify(execFile)(process.execPath, [join(folder, "dist", "cli", "main.js"), ...argv], { cwd: pictures });

/** The same, from the sources. */
async function bySources(...argv: string[]): Promise<string> {
  const io = testIo({ cwd: pictures });
  expect(await main(argv, io)).toBe(0);
  return io.out();
}

describe("the bundled command", () => {
  test("reads the digit of a plain PNG without sharp or any other package, as the sources do", async () => {
    const argv = ["predict", "--json", "paper-3.png", "pen-8.png", "transparent-4.png", "mnist-7.png"];
    const { stdout, stderr } = await command(...argv);
    expect(stderr).toBe("");
    expect(stdout).toBe(await bySources(...argv));
    expect([...stdout.matchAll(/"digit":(\d)/g)].map(([, digit]) => digit)).toEqual(["3", "8", "4", "7"]);
  });

  test.each([[["--version", "--json"]], [["--help"]], [["train", "--help"]], [["export", "--help"]]])(
    "%j is what the sources print",
    async (argv) => {
      expect((await command(...argv)).stdout).toBe(await bySources(...argv));
    },
  );

  test("is text of one byte a character, and loads no module that it does not need", async () => {
    const files = (await readdir(join(folder, "dist", "cli"))).filter((name) => name.endsWith(".js"));
    expect(files).toContain("prediction.js");
    for (const name of files) {
      const code = await readFile(join(folder, "dist", "cli", name), "utf8");
      expect(/[^\0-\x7f]/.exec(code)?.[0], name).toBeUndefined();
      expect(code, name).not.toContain("node:child_process");
    }
  });

  test("brings the licences of the libraries in it", async () => {
    const licenses = await readFile(join(folder, "dist", "cli", "licenses.md"), "utf8");
    for (const name of ["commander", "@bufbuild/protobuf", "fflate", "ipaddr.js"])
      expect(licenses).toContain(`## ${name}`);
  });
});
