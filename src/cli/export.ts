import { resolve } from "node:path";
import type { Command } from "commander";
import { formatCount, type Io, printJson } from "./terminal.ts";

interface Flags {
  readonly checkpoint?: string;
  readonly output: string;
  readonly json?: boolean;
}

/** `mnist export`. */
export function registerExport(program: Command, io: Io): void {
  program
    .command("export")
    .description("Write a trained model as ONNX, for onnxruntime and other programs.")
    .option(
      "--checkpoint <name|file|folder>",
      "lenet, lenet5 or best, which are shipped, or weights, or a run's folder (default: the newest run, else lenet)",
    )
    .option("-o, --output <file>", "where the model goes", "model.onnx")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      `
The model is of opset 13. Its input is images, float32 [n, 1, 28, 28]: grey levels 0 to 255, light digits on dark, as
they are; the graph scales them. Its outputs are logits and probabilities, float32 [n, 10].

Examples:
  mnist export                                         the newest run, else the shipped weights, to model.onnx
  mnist export --checkpoint runs/lenet5 -o lenet5.onnx another run
`,
    )
    .action((flags: Flags) => run(flags, io));
}

async function run(flags: Flags, io: Io): Promise<void> {
  const [
    { decodeCheckpoint, verifyCheckpoint },
    { exportOnnx },
    { writeFileAtomic },
    { newestRun, readWeights },
    { buildNetwork, parameterCount },
  ] = await Promise.all([
    import("../checkpoint.ts"),
    import("../export.ts"),
    import("../node/files.ts"),
    import("./runs.ts"),
    import("../nn/network.ts"),
  ]);
  const { name, bytes } = await readWeights(flags.checkpoint ?? newestRun(io.cwd), io.cwd);
  const checkpoint = decodeCheckpoint(bytes, name);
  verifyCheckpoint(checkpoint, name);
  const onnx = exportOnnx(checkpoint, name);
  await writeFileAtomic(resolve(io.cwd, flags.output), onnx);
  if (flags.json) {
    printJson(io, { checkpoint: name, output: flags.output, bytes: onnx.length });
    return;
  }
  const parameters = formatCount(parameterCount(buildNetwork(checkpoint.definition)));
  io.stdout.write(
    `Wrote ${flags.output} (${formatCount(onnx.length)} bytes): ${checkpoint.definition.name} of ${name}, ${parameters} parameters.\n`,
  );
}
