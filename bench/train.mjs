// Images a second in training, with Adam: scaling of the pixels, forward and backward pass and update.
import { lenet, lenet5 } from "../dist/node.js";
import { compare, rateOf, repetitionsFor, sum } from "./rounds.mjs";

const optimizer = { name: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const networks = [lenet, lenet5];

/** Who trains at which batch size: variants of ours and the slow are shown at one only. */
function takesPart({ key }, batchSize) {
  if (key === "onnxruntime" || key === "tfjs") return false; // neither trains
  return batchSize === 64 || key === "ours" || key.startsWith("pytorch");
}

async function prepared(contestant, request, turn) {
  await contestant.ask({ do: "prepareTraining", ...request });
  const once = async (steps) => (await contestant.ask({ do: "train", steps })).seconds;
  await once(1); // compiles, allocates
  const steps = repetitionsFor(Math.min(...(await once(3))), turn);
  return {
    name: contestant.name,
    peer: contestant.peer,
    measure: async () => rateOf(await once(steps), request.batchSize),
  };
}

/** jax-js needs some 40 s to compile LeNet's step and 15 s to run one: it does so twice, after the rounds. */
async function measureOnce(contestant, request) {
  await contestant.ask({ do: "prepareTraining", ...request });
  await contestant.ask({ do: "train", steps: 1 });
  const { seconds } = await contestant.ask({ do: "train", steps: 1 });
  return request.batchSize / sum(seconds);
}

/** @returns rows of images a second. */
export async function benchTraining({ contestants, data, rounds, turn, isQuick, onGroup, onMissing }) {
  const rows = [];
  for (const definition of networks) {
    for (const batchSize of isQuick ? [64] : [64, 1, 1000]) {
      const group = `train ${definition.name}, batch ${batchSize}`;
      onGroup(group);
      const request = { definition, batchSize, optimizer, learningRate: 0.001, data };
      const ready = [];
      for (const contestant of contestants) {
        const isSlow = contestant.key === "jax" && (definition === lenet || isQuick);
        if (takesPart(contestant, batchSize) && !isSlow) {
          try {
            ready.push(await prepared(contestant, request, turn));
          } catch (error) {
            if (contestant.key === "ours") throw error; // all are compared with it
            onMissing(`${group}: ${contestant.name} does not take part: ${error.message}`);
          }
        }
      }
      const found = await compare(group, "images/s", ready, { rounds });
      const jax = contestants.find(({ key }) => key === "jax");
      if (jax && definition === lenet && batchSize === 64 && !isQuick) {
        const rate = await measureOnce(jax, request);
        const ahead = found[0].median / rate;
        found.push({
          ...{ group, unit: "images/s", contestant: jax.name, peer: true, rounds: 1 },
          ...{ median: rate, min: rate, max: rate, typical: rate, ahead, typicalAhead: ahead },
        });
      }
      rows.push(...found);
    }
  }
  return rows;
}
