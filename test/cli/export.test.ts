import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodeOnnx } from "../formats/onnxProtos.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

const checkpoint = fileURLToPath(new URL("../export/layers.safetensors", import.meta.url));

describe("mnist export", () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await createWorkspace({ withData: false });
    await copyFile(checkpoint, join(workspace.path, "layers.safetensors"));
  });
  afterAll(() => workspace.remove());

  test("writes the model and says what it wrote", async () => {
    const { status, out, err } = await workspace.run([
      ...["export", "--checkpoint", "layers.safetensors", "-o", "out/layers.onnx"],
    ]);
    const bytes = await readFile(join(workspace.path, "out/layers.onnx"));
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(
      /^Wrote out\/layers\.onnx \([\d,]+ bytes\): Layers of layers\.safetensors, [\d,]+ parameters\.\n$/,
    );
    expect(decodeOnnx(bytes)).toMatchObject({
      graph: { name: "Layers", input: [{ name: "images" }] },
      metadataProps: [{ key: "classes", value: '["a","b","c","d"]' }],
    });
    expect(await readdir(join(workspace.path, "out"))).toEqual(["layers.onnx"]);
  });

  test("--json gives one document", async () => {
    const { status, out } = await workspace.run([
      ...["export", "--checkpoint", "layers.safetensors", "-o", "a.onnx", "--json"],
    ]);
    expect(status).toBe(0);
    const { length } = await readFile(join(workspace.path, "a.onnx"));
    expect(JSON.parse(out)).toEqual({ checkpoint: "layers.safetensors", output: "a.onnx", bytes: length });
  });

  test("a checkpoint with a changed byte of weights is refused, and nothing is written", async () => {
    const bytes = await readFile(checkpoint);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(join(workspace.path, "damaged.safetensors"), bytes);
    const { status, out, err } = await workspace.run([
      ...["export", "--checkpoint", "damaged.safetensors", "-o", "damaged.onnx"],
    ]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(
      /^error: damaged\.safetensors: Layers\/logits\/weights: CRC is 0x\w{8}, expected 0x\w{8}; the file is damaged\n$/,
    );
    expect(await readdir(workspace.path)).not.toContain("damaged.onnx");
  });

  test("a missing checkpoint is told", async () => {
    const { status, err } = await workspace.run(["export", "--checkpoint", "runs/none"]);
    expect(status).toBe(1);
    expect(err).toBe("error: runs/none: there is no such file or folder; check the path\n");
  });
});
