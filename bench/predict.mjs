// Prediction: the latency of one image and images a second in batches, and whether all give the same answers.
import { compare, median, rateOf, repetitionsFor } from "./rounds.mjs";

/** What probabilities may differ by and still be called equal. */
const TOLERANCE = 1e-4;

function takesPart({ key }, batchSize) {
  if (key === "jax") return false; // training is what it is shown for
  if (/^ours-.*-1$/.test(key)) return batchSize === 64; // one thread
  return true;
}

/** Loads the weights, compiles, and finds how often to repeat. */
async function prepared(contestant, request, turn) {
  await contestant.ask({ do: "preparePrediction", ...request });
  const once = async (repetitions) => (await contestant.ask({ do: "predict", repetitions })).seconds;
  const { values } = await contestant.ask({ do: "probabilities" });
  const isLatency = request.batchSize === 1;
  await once(isLatency ? 200 : 2); // compilers warm up
  const repetitions = repetitionsFor(Math.min(...(await once(3))), isLatency ? turn / 3 : turn);
  return {
    name: contestant.name,
    peer: contestant.peer,
    values,
    async measure() {
      const seconds = await once(repetitions);
      if (!isLatency) return rateOf(seconds, request.batchSize);
      const milliseconds = median(seconds) * 1000;
      return { value: milliseconds, typical: milliseconds };
    },
  };
}

/** That each contestant's probabilities are those of the first. */
function checkEqual(group, size, [first, ...others]) {
  return others.map(({ name, values }) => {
    const found = Math.max(...values.map((value, i) => Math.abs(value - first.values[i])));
    return {
      what: `${group}: probabilities of ${name} differ from ours by`,
      found,
      expected: `at most ${TOLERANCE}`,
      ok: values.length === size && found <= TOLERANCE,
    };
  });
}

/**
 * @param models `{ definition, checkpoint, onnx }`, paths of the same weights.
 * @returns rows, and checks that contestants' probabilities equal ours on real test images.
 */
export async function benchPrediction(options) {
  const { contestants, models, data, rounds, turn, isQuick, onGroup, onMissing } = options;
  const rows = [];
  const checks = [];
  for (const { definition, checkpoint, onnx } of models) {
    for (const batchSize of isQuick ? [1, 64] : [1, 64, 1000]) {
      const isLatency = batchSize === 1;
      const group = `predict ${definition.name}, ${isLatency ? "one image" : `batch ${batchSize}`}`;
      onGroup(group);
      const ready = [];
      for (const contestant of contestants.filter((one) => takesPart(one, batchSize))) {
        const request = { definition, checkpoint, onnx, data, batchSize };
        try {
          ready.push(await prepared(contestant, request, turn));
        } catch (error) {
          if (contestant.key === "ours") throw error; // all are compared with it
          onMissing(`${group}: ${contestant.name} does not take part: ${error.message}`);
        }
      }
      checks.push(...checkEqual(group, batchSize * definition.classes.length, ready));
      const unit = isLatency ? "ms" : "images/s";
      rows.push(...(await compare(group, unit, ready, { rounds, higherIsBetter: !isLatency })));
    }
  }
  return { rows, checks };
}
