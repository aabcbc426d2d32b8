// The kernels beside what the machine could do: every operation of a training step and of a prediction, one by one, on
// what the whole has left in its buffers: trained weights and test images, since much is saved where there are zeros.
// Multiplications are counted as the layers' definitions have them, so that a kernel that saves some shows a higher rate.
import { readFileSync } from "node:fs";
import { Opcode } from "../dist/engine/kernels/opcodes.js";
import { createTrainingStep } from "../dist/nn/trainingStep.js";
import {
  buildNetwork,
  createEngine,
  createPredictor,
  decodeCheckpoint,
  loadParameters,
} from "../dist/node.js";
import { measurePeak } from "./peak.mjs";
import { median, sum } from "./rounds.mjs";

const BATCH = 64;
/** Images of the plan that prediction in batches has. */
const PREDICTED = 128;

/** The median time of one run in milliseconds. */
function timeOf(run, milliseconds) {
  for (let i = 0; i < 3; i++) run();
  const times = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end || times.length < 3) {
    const start = performance.now();
    run();
    times.push(performance.now() - start);
  }
  return median(times);
}

/** The engine, with a place of its own for every buffer, and the lists of operations that it is given to compile. */
function listening(engine) {
  const programs = [];
  const compile = (operations) => {
    programs.push(operations);
    for (const one of operations.flatMap(({ reads, writes }) => [...reads, ...writes])) {
      if (one.offset === 0) one.offset = engine.allocate(one.name, [one.size]).offset;
    }
    return engine.compile(operations);
  };
  return { programs, engine: { ...engine, compile } };
}

const names = (tensors) => tensors.map(({ name }) => name);

/** For each operation the multiplications and additions for one image, 0 where it is no layer's product. */
function countFlops(network, operations) {
  const layerOf = new Map(); // of weights, and of what is made of them alone
  for (const layer of network.layers.filter(({ multiplyAdds }) => multiplyAdds > 0)) {
    layerOf.set(`${network.definition.name}/${layer.name}/weights`, layer);
  }
  const parameters = new Set(network.parameters.map(({ name }) => `${network.definition.name}/${name}`));
  return operations.map(({ reads, writes }) => {
    const layer = names(reads)
      .map((name) => layerOf.get(name))
      .find((one) => one !== undefined);
    const gradientOf = names(writes)
      .filter((name) => name.endsWith("/weights:gradient"))
      .map((name) => layerOf.get(name.replace(":gradient", "")))[0];
    if (layer && names(reads).every((name) => parameters.has(name))) {
      for (const name of names(writes)) layerOf.set(name, layer);
      return 0; // only rearranges the weights
    }
    if (names(writes).some((name) => parameters.has(name))) return 0; // an update
    if (gradientOf) {
      const hasInputGradient = names(writes).some((name) => name.endsWith(":input_gradient"));
      return 2 * gradientOf.multiplyAdds * (hasInputGradient ? 2 : 1);
    }
    return 2 * (layer?.multiplyAdds ?? 0);
  });
}

/** Each of `operations` alone, for `images` images. */
function profile(engine, network, operations, images, peak, milliseconds) {
  const flops = countFlops(network, operations);
  return operations.map((operation, i) => {
    const { opcode, reads, writes } = operation;
    const program = engine.compile([operation]);
    const time = timeOf(() => program.run(images), milliseconds);
    const bytes = sum([...new Set([...reads, ...writes])].map(({ size }) => size * 4));
    const gigaflops = flops[i] > 0 ? (flops[i] * images) / time / 1e6 : undefined;
    return {
      what: `${Opcode[opcode]} -> ${names(writes)[0]}`,
      milliseconds: time,
      gigaflops,
      ofPeak: gigaflops && gigaflops / peak.gigaflops,
      gigabytes: bytes / time / 1e6,
    };
  });
}

function profileTraining(engine, { definition, weights }, test, peak, milliseconds) {
  const network = buildNetwork(definition);
  const ear = listening(engine);
  const optimizer = { name: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const settings = { batchSize: BATCH, optimizer, loss: "softmaxCrossEntropy", seed: 1 };
  const step = createTrainingStep(ear.engine, network, settings);
  for (const [name, parameter] of step.parameters) {
    engine.floats(parameter).set(engine.floats(weights(engine, network).get(name)));
  }
  step.loadImages(test.images.subarray(0, BATCH * 784), BATCH, 0);
  engine.ints(step.labels).set(test.labels.subarray(0, BATCH));
  let done = 0;
  const whole = timeOf(
    () => step.run({ count: BATCH, step: done++, learningRate: 0, weightDecay: 0 }),
    milliseconds * 3,
  );
  const rows = profile(engine, network, ear.programs[0], BATCH, peak, milliseconds);
  return { group: `a training step of ${definition.name}, batch ${BATCH}`, milliseconds: whole, rows };
}

function profilePrediction(engine, { definition, weights }, test, peak, milliseconds) {
  const network = buildNetwork(definition);
  const ear = listening(engine);
  const predictor = createPredictor(ear.engine, network, weights(engine, network));
  const pixels = test.images.subarray(0, PREDICTED * 784);
  const whole = timeOf(() => predictor.predict(pixels), milliseconds * 3);
  const rows = ear.programs.flatMap((operations) =>
    profile(engine, network, operations, PREDICTED, peak, milliseconds),
  );
  return { group: `prediction by ${definition.name}, batch ${PREDICTED}`, milliseconds: whole, rows };
}

/** @returns the machine's peaks, and each program's operations with what they reach of the peak. */
export async function benchKernels({ models, test, variants, threads, isQuick, onGroup }) {
  const trained = models.map(({ definition, checkpoint }) => ({
    definition,
    weights: (engine, network) =>
      loadParameters(engine, network, decodeCheckpoint(readFileSync(checkpoint), checkpoint), checkpoint),
  }));
  const groups = [];
  const peaks = [];
  for (const variant of variants) {
    for (const count of threads === 1 ? [1] : [threads, 1]) {
      if (isQuick && groups.length > 0) continue;
      const who = `${variant}, ${count === 1 ? "1 thread" : `${count} threads`}`;
      onGroup(`kernels, ${who}`);
      const peak = await measurePeak(variant, count);
      peaks.push(peak);
      const turn = isQuick ? 30 : 80;
      for (const model of trained) {
        for (const profileOf of [profileTraining, profilePrediction]) {
          const engine = await createEngine({ variant, threads: count });
          const { group, ...rest } = profileOf(engine, model, test, peak, turn);
          engine.close();
          groups.push({ group: `${group}, ${who}`, peak, ...rest });
        }
      }
    }
  }
  return { peaks, groups };
}
