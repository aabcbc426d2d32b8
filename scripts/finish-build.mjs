// What tsc leaves to do: in a checkout the command must be executable, and stand where npx looks first. (npm links the
// commands of dependencies, not the project's own; npx would install the project into its cache instead.)
import { chmodSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);
chmodSync(new URL("dist/cli/main.js", root), 0o755);
const commands = new URL("node_modules/.bin/", root);
if (process.platform !== "win32" && existsSync(commands)) {
  const link = fileURLToPath(new URL("mnist", commands));
  rmSync(link, { force: true });
  symlinkSync("../../dist/cli/main.js", link);
}
