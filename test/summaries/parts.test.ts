import { describe, expect, test } from "vitest";
import { createEngine } from "../../src/engine/engine.ts";
import { createReferenceBackend } from "../../src/engine/referenceBackend.ts";
import { fast, lenet } from "../../src/lenet.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import { optimizerDefaults } from "../../src/nn/optimizers.ts";
import { activationSummaries } from "../../src/summaries/activations.ts";
import { graphOf } from "../../src/summaries/graph.ts";
import { settingsOf } from "../../src/summaries/settings.ts";
import { configurationText, modelText } from "../../src/summaries/text.ts";
import { defaultTrainingConfig } from "../../src/trainingConfig.ts";
import { decodeAs } from "../formats/tensorflowProtos.ts";

const textOf = (value: ReturnType<typeof modelText>) =>
  Buffer.from(value.tensor?.values[0] as Uint8Array).toString();

test("sparsity is the share of zeros among the images that were given, and no more", () => {
  const engine = createEngine(createReferenceBackend());
  const conv = engine.allocate("conv", [3, 1, 2, 2]);
  const dense = engine.allocate("dense", [3, 2]);
  engine.floats(conv).set([0, 1, 0, -2, 0, 5, 0, 0, 0, 0, 0, 0]);
  engine.floats(dense).set([3, 0, 4, 5, 0, 0]);
  const flat = { ...conv, name: "flat", shape: [3, 4] };
  const outputs = new Map([
    ["conv", conv],
    ["flat", flat],
    ["dense", dense],
  ]);
  const values = activationSummaries(engine, { outputs }, 2);
  const byTag = new Map(values.map(({ tag, tensor }) => [tag, tensor?.values ?? []]));
  // Of conv's first two images 5 of 8, of dense's 1 of 4.
  expect(byTag.get("sparsity/conv")).toEqual([0.625]);
  expect(byTag.get("sparsity/flat")).toEqual([0.625]);
  expect(byTag.get("sparsity/dense")).toEqual([0.25]);
  const rows = (tag: string) => {
    const all = (byTag.get(tag) ?? []).map(Number);
    return { from: all[0], to: all[88], count: all.filter((_, i) => i % 3 === 2).reduce((a, b) => a + b, 0) };
  };
  expect(rows("activations/conv")).toEqual({ from: -2, to: 5, count: 8 });
  expect(rows("activations/flat")).toEqual({ from: -2, to: 5, count: 8 });
  expect(rows("activations/dense")).toEqual({ from: 0, to: 5, count: 4 });
});

test("the model's table has layers, shapes and counts that can be worked out by hand", () => {
  const text = textOf(modelText(buildNetwork(lenet)));
  // 5x5x1x32 + 32 parameters; 28x28 places times 5x5x32.
  expect(text).toContain("| conv1 | conv2d | 28x28x32 | 832 | 627,200 |");
  expect(text).toContain("| fc4 | dense | 10 | 10,250 | 10,240 |");
  expect(text).toContain("| dropout3 | dropout | 1024 | 0 | 0 |");
  expect(text).toContain("| **all** |  |  | **3,274,634** |");
});

test("settings go by TensorFlow's names, ways of doing something in one word", () => {
  const config = {
    ...defaultTrainingConfig,
    optimizer: { ...optimizerDefaults.momentum, nesterov: true },
    clipNorm: 2,
  };
  const settings = settingsOf(config, fast);
  expect(settings.get("model")).toBe("Fast");
  expect(settings.get("batch_size")).toBe(64);
  expect(settings.get("optimizer")).toBe("momentum:momentum=0.9,nesterov=true");
  expect(settings.get("schedule")).toBe("cosine");
  expect(settings.get("augment")).toBe("none");
  expect(settings.get("clip_norm")).toBe(2);
  expect(settings.has("steps")).toBe(false);
  expect(textOf(configurationText(settings))).toContain(
    "| optimizer | `momentum:momentum=0.9,nesterov=true` |",
  );
});

describe("the graph of TF-slim's LeNet", () => {
  interface Node {
    readonly name: string;
    readonly op: string;
    readonly input?: readonly string[];
    readonly attr: Readonly<Record<string, { readonly list?: { readonly shape?: readonly unknown[] } }>>;
  }
  const graph = decodeAs("GraphDef", graphOf(buildNetwork(lenet), defaultTrainingConfig)) as unknown as {
    readonly node: readonly Node[];
  };
  const nodes = new Map(graph.node.map((node) => [node.name, node]));

  test("has every operation once, and no input that is missing", () => {
    expect(nodes.size).toBe(graph.node.length);
    for (const { input = [] } of graph.node)
      for (const name of input) expect(nodes.has(name), name).toBe(true);
    const layers = ["conv1", "pool1", "conv2", "pool2", "Flatten", "fc3", "dropout3", "fc4"];
    const operations = graph.node.filter(({ op }) => op !== "VariableV2").map(({ name }) => name);
    const inLayers = operations.filter((name) => layers.includes(name.split("/")[1] ?? ""));
    expect(inLayers).toEqual(
      [
        ...["conv1/Conv2D", "conv1/BiasAdd", "conv1/Relu", "pool1/MaxPool"],
        ...["conv2/Conv2D", "conv2/BiasAdd", "conv2/Relu", "pool2/MaxPool", "Flatten/Reshape"],
        ...["fc3/MatMul", "fc3/BiasAdd", "fc3/Relu", "dropout3/Dropout", "fc4/MatMul", "fc4/BiasAdd"],
      ].map((name) => `LeNet/${name}`),
    );
  });

  test("leads from the images to the loss", () => {
    const way: string[] = [];
    for (let name: string | undefined = "train/adam"; name !== undefined; name = nodes.get(name)?.input?.[0])
      way.unshift(nodes.get(name)?.op ?? "");
    expect(way.join(" ")).toBe(
      "Placeholder Conv2D BiasAdd Relu MaxPool Conv2D BiasAdd Relu MaxPool Reshape MatMul BiasAdd Relu Dropout " +
        "MatMul BiasAdd SparseSoftmaxCrossEntropyWithLogits Mean Optimizer",
    );
    expect(nodes.get("LeNet/conv2/Conv2D")?.input).toEqual(["LeNet/pool1/MaxPool", "LeNet/conv2/weights"]);
  });

  test("says the shapes", () => {
    const shapeOf = (name: string) => nodes.get(name)?.attr._output_shapes?.list?.shape?.[0];
    const shape = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size: String(size) })) });
    expect(shapeOf("images")).toEqual(shape(-1, 28, 28, 1));
    expect(shapeOf("LeNet/conv1/weights")).toEqual(shape(5, 5, 1, 32));
    expect(shapeOf("LeNet/pool2/MaxPool")).toEqual(shape(-1, 7, 7, 64));
    expect(shapeOf("LeNet/Flatten/Reshape")).toEqual(shape(-1, 3136));
    expect(shapeOf("LeNet/Predictions/Softmax")).toEqual(shape(-1, 10));
    expect(nodes.get("LeNet/conv1/Conv2D")?.attr).toMatchObject({
      strides: { list: { i: ["1", "1", "1", "1"] } },
      padding: { s: Buffer.from("SAME").toString("base64") },
    });
  });
});
