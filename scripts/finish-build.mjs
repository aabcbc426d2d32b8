// What tsc leaves to do: the command must be executable where it is run from a checkout.
import { chmodSync } from "node:fs";

chmodSync(new URL("../dist/cli/main.js", import.meta.url), 0o755);
