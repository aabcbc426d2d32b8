// What tsc leaves to do: the command, which in a checkout must be executable and stand where npx looks first. (npm
// links the commands of dependencies, not the project's own; npx would install the project into its cache instead.)
import { chmodSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleCommand, compileCommand } from "./bundle-command.mjs";

const root = new URL("..", import.meta.url);
const folder = new URL("dist/cli/", root);
await bundleCommand(fileURLToPath(folder));
compileCommand(fileURLToPath(folder));
chmodSync(new URL("main.js", folder), 0o755);
const commands = new URL("node_modules/.bin/", root);
if (process.platform !== "win32" && existsSync(commands)) {
  const link = fileURLToPath(new URL("mnist", commands));
  rmSync(link, { force: true });
  symlinkSync("../../dist/cli/main.js", link);
}
