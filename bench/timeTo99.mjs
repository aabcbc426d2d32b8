// From random weights to 99 % on the test images, `--preset fast`: the whole process of `mnist train`, its input and
// its files included, over several seeds; PyTorch by the same recipe in turn, without the time of its start.
import { join } from "node:path";
import { scheduleFactor } from "../dist/nn/schedules.js";
import { presets } from "../dist/presets.js";
import { runMnist } from "./mnist.mjs";
import { mean } from "./rounds.mjs";

const SEEDS = [1, 2, 3, 4, 5];
const TRAIN_IMAGES = 60_000;

function trainOurs(folder, seed) {
  const logDir = join(folder, `fast-${seed}`);
  const start = performance.now();
  runMnist(["train", "--preset", "fast", "--seed", String(seed), "--log-dir", logDir, "--json"]);
  const seconds = (performance.now() - start) / 1000;
  const { stdout } = runMnist(["validate", "--checkpoint", logDir, "--json"]);
  return { seconds, accuracy: JSON.parse(stdout).accuracy };
}

/** The learning rate of every step, so that no other program needs our schedules. */
function ratesOf({ learningRate, schedule, steps, epochs, batchSize, validationCount }) {
  const stepsPerEpoch = Math.ceil((TRAIN_IMAGES - validationCount) / batchSize);
  const count = steps ?? epochs * stepsPerEpoch;
  return Array.from(
    { length: count },
    (_, step) => learningRate * scheduleFactor(schedule, step, count, stepsPerEpoch),
  );
}

function summary(contestant, trials) {
  const seconds = trials.map((one) => one.seconds);
  const accuracies = trials.map((one) => one.accuracy);
  const center = mean(seconds);
  return {
    contestant,
    trials,
    meanSeconds: center,
    deviationSeconds: Math.sqrt(mean(seconds.map((one) => (one - center) ** 2))),
    minSeconds: Math.min(...seconds),
    maxSeconds: Math.max(...seconds),
    meanAccuracy: mean(accuracies),
    minAccuracy: Math.min(...accuracies),
    reached: trials.filter(({ accuracy }) => accuracy >= 0.99).length,
  };
}

export async function benchTimeTo99({ contestants, folder, data, test, isQuick, onGroup, onMissing }) {
  const { definition, config } = presets.fast;
  let pytorch = contestants.filter(({ key }) => key.startsWith("pytorch"));
  const trials = new Map(["this project", ...pytorch.map(({ name }) => name)].map((name) => [name, []]));
  const rates = ratesOf(config);
  for (const seed of isQuick ? SEEDS.slice(0, 1) : SEEDS) {
    onGroup(`time to 99 %, seed ${seed}`);
    trials.get("this project").push(trainOurs(folder, seed));
    for (const { name, ask } of pytorch) {
      const request = { definition, config, rates, seed, train: data, test };
      try {
        trials.get(name).push(await ask({ do: "trainRecipe", ...request }));
      } catch (error) {
        onMissing(`${name} does not train by the preset's recipe: ${error.message}`);
        trials.delete(name);
      }
    }
    // The faster of its layouts goes on; the other one would only take its time.
    const [fastest] = pytorch
      .filter(({ name }) => trials.has(name))
      .sort((a, b) => trials.get(a.name)[0].seconds - trials.get(b.name)[0].seconds);
    for (const { name } of pytorch) if (name !== fastest?.name) trials.delete(name);
    pytorch = fastest ? [fastest] : [];
  }
  return {
    recipe: { definition: definition.name, config },
    contestants: [...trials].map(([name, own]) => summary(name, own)),
  };
}
