import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
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
let compile: () => void = () => {};

/** The package as it is installed, but for its dependencies. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mnist-command-"));
  const script = pathToFileURL(join(root, "scripts", "bundle-command.mjs")).href;
  const { bundleCommand, compileCommand } = (await import(script)) as {
    bundleCommand(folder: string): Promise<void>;
    compileCommand(folder: string): void;
  };
  await bundleCommand(join(folder, "dist", "cli"));
  compile = () => compileCommand(join(folder, "dist", "cli"));
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

  test("reads a JPEG with the installed sharp, as the sources do", async () => {
    const installed = join(folder, "node_modules");
    await symlink(join(root, "node_modules"), installed);
    const argv = ["predict", "photo-5.jpg"];
    expect((await command(...argv)).stdout).toBe(await bySources(...argv));
    await rm(installed);
  });

  test("loads all of a sharp that has another version than the files in the command", async () => {
    const other = join(folder, "node_modules", "sharp");
    await mkdir(join(other, "dist"), { recursive: true });
    const about = { name: "sharp", version: "0.0.1", main: "./dist/index.cjs" };
    await writeFile(join(other, "package.json"), JSON.stringify(about));
    await writeFile(join(other, "dist", "index.cjs"), 'throw new Error("another sharp");');
    await expect(command("predict", "photo-5.jpg")).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("another sharp"),
    });
    await rm(join(folder, "node_modules"), { recursive: true });
  });

  test.skipIf(Number(process.versions.node.split(".")[0]) >= 22)(
    "answers the same when it has been compiled before, and V8 takes what was compiled",
    async () => {
      const argv = ["predict", "photo-5.jpg"];
      await symlink(join(root, "node_modules"), join(folder, "node_modules"));
      const { stdout } = await command(...argv);
      compile();
      expect(await command(...argv)).toEqual({ stdout, stderr: "" });
      const main = JSON.stringify(join(folder, "dist", "cli", "main.js"));
      const asked = `process.argv.push("predict", "photo-5.jpg"); const { scripts } = require(${main});
        process.on("exit", () => console.log(Array.from(scripts.values(), (one) => one.cachedDataRejected)))`;
      const told = await promisify(execFile)(process.execPath, ["-e", asked, "x"], { cwd: pictures });
      expect(told.stdout.match(/false/g)?.length).toBeGreaterThan(3); // sharp's files, too
      expect(told.stdout).not.toMatch(/true|undefined/);
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
    for (const name of ["commander", "@bufbuild/protobuf", "fflate", "ipaddr.js", "sharp"])
      expect(licenses).toContain(`## ${name}`);
  });
});
