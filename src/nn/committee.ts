import { MnistError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import type { Predictor } from "./predictor.ts";

/**
 * Predictors as one that gives the mean of their probabilities: a committee, or the columns of one network (Ciresan, Meier and
 * Schmidhuber, 2012, "Multi-column deep neural networks for image classification"). Its logits are the logarithms of these,
 * its network is the first one's.
 *
 * @throws MnistError `BAD_MODEL` where they differ in their input or their classes.
 */
export function createCommittee(members: readonly [Predictor, ...Predictor[]]): Predictor {
  const [first, ...others] = members;
  const { definition } = first.network;
  for (const { network } of others) checkAlike(definition, network.definition);
  const outputs: Predictor["outputs"] = (pixels) => {
    const probabilities = first.predict(pixels);
    for (const other of others) {
      for (const [i, one] of other.predict(pixels).entries()) probabilities[i]! += one;
    }
    for (let i = 0; i < probabilities.length; i++) probabilities[i]! /= members.length;
    return { probabilities, logits: probabilities.map(Math.log) };
  };
  return {
    network: first.network,
    predict: (pixels) => outputs(pixels).probabilities,
    outputs,
    parametersChanged() {
      for (const member of members) member.parametersChanged();
    },
  };
}

function checkAlike(
  { input, classes }: Predictor["network"]["definition"],
  other: Predictor["network"]["definition"],
): void {
  const [wanted, found] = [input, other.input].map(({ shape }) => formatShape(shape));
  if (found !== wanted)
    throw new MnistError(
      "BAD_MODEL",
      `model ${other.name}: its input is ${found}, the first one's ${wanted}`,
    );
  if (other.classes.join() === classes.join()) return;
  throw new MnistError(
    "BAD_MODEL",
    `model ${other.name}: its classes are ${other.classes.join(", ")}, the first one's ${classes.join(", ")}; give models of the same classes`,
  );
}
