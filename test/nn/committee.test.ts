import { describe, expect, test } from "vitest";
import { fast, lenet5, parts } from "../../src/lenet.ts";
import { createCommittee } from "../../src/nn/committee.ts";
import type { ModelDefinition } from "../../src/nn/definition.ts";
import { buildNetwork } from "../../src/nn/network.ts";
import type { Predictor } from "../../src/nn/predictor.ts";

/** Gives these probabilities whatever it sees, and notes when it is told of other weights. */
function fixed(definition: ModelDefinition, probabilities: readonly number[]) {
  const told: string[] = [];
  const predictor: Predictor = {
    network: buildNetwork(definition),
    predict: () => Float32Array.from(probabilities),
    outputs: () => ({ probabilities: Float32Array.from(probabilities), logits: new Float32Array() }),
    parametersChanged: () => void told.push(definition.name),
  };
  return { predictor, told };
}

describe("a committee", () => {
  const a = fixed(lenet5, [0.5, 0.25, 0.25, 0]);
  const b = fixed(fast, [0.25, 0.75, 0, 0]);

  test("gives the mean of its members' probabilities, and the logarithms of these", () => {
    const committee = createCommittee([a.predictor, b.predictor]);
    const pixels = new Uint8Array(784);
    expect([...committee.predict(pixels)]).toEqual([0.375, 0.5, 0.125, 0]);
    const { logits } = committee.outputs(pixels);
    expect([...logits]).toEqual([0.375, 0.5, 0.125, 0].map((one) => Math.fround(Math.log(one))));
    committee.parametersChanged();
    expect([...a.told, ...b.told]).toEqual(["LeNet5", "Fast"]);
  });

  test("has members of one input and the same classes", () => {
    const other = fixed(parts, []);
    expect(() => createCommittee([a.predictor, other.predictor])).toThrow(
      /^model Parts: its classes are zero, .*, nine, none, letter, the first one's zero, .*, nine; give models of the same classes$/,
    );
    const small = fixed({ ...lenet5, name: "Wide", input: { ...lenet5.input, shape: [32, 32, 1] } }, []);
    expect(() => createCommittee([a.predictor, small.predictor])).toThrow(
      "model Wide: its input is 32x32x1, the first one's 28x28x1",
    );
  });
});
