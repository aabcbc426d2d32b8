// What summaries cost a training step: an epoch of the lenet preset with each level of --summaries, in turns, in one
// process. What of a step's time goes into summaries is measured by itself, since the machine varies by more than that.
import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { createEngine, fileSource, recordTraining, runFolder, train } from "../dist/node.js";
import { presets } from "../dist/presets.js";
import { summaryLevels } from "../dist/summaries/level.js";
import { mean } from "./rounds.mjs";

/**
 * Trains `steps` steps.
 *
 * @returns milliseconds a step: all of it, and what of it went into what steps tell.
 */
async function trainOnce({ summaries, steps, threads, records, path }) {
  const { definition, config: preset } = presets.lenet;
  const config = { ...preset, steps };
  const engine = await createEngine({ threads });
  let [computing, telling] = [0, 0];
  async function* timed(events) {
    let asked = performance.now();
    for await (const event of events) {
      const given = performance.now();
      yield event;
      const isStep = event.type === "step";
      if (isStep) computing += given - asked;
      asked = performance.now();
      if (isStep) telling += asked - given;
    }
  }
  const events = train({
    ...{ engine, definition, config, sources: [fileSource(records)], checkpointEvery: steps },
  });
  const recorded = recordTraining(timed(events), {
    ...{ engine, folder: runFolder(path), config, summaries, keep: 1 },
    ...{ scalarsEvery: 10, histogramsEvery: 100, now: () => Date.now() / 1000 },
    ...{ host: hostname(), pid: process.pid },
  });
  try {
    for await (const _ of recorded);
  } finally {
    engine.close();
    rmSync(path, { recursive: true, force: true });
  }
  return { step: (computing + telling) / steps, summaries: telling / steps };
}

/** @returns a row for each level: milliseconds a step over rounds, and the share that summaries add to the rest. */
export async function benchSummaries({ threads, rounds: asked, isQuick, folder, records, onGroup }) {
  const steps = isQuick ? 100 : 860;
  const rounds = Math.min(asked, 3);
  onGroup(`summaries, ${steps} steps of LeNet, batch ${presets.lenet.config.batchSize}`);
  const found = summaryLevels.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < summaryLevels.length; turn++) {
      const index = (turn + round) % summaryLevels.length;
      const summaries = summaryLevels[index];
      const path = join(folder, `summaries-${summaries}`);
      found[index].push(await trainOnce({ summaries, steps, threads, records, path }));
    }
  }
  return summaryLevels.map((level, index) => {
    const times = found[index].map(({ step }) => step);
    const center = mean(times);
    const own = mean(found[index].map(({ summaries }) => summaries));
    return {
      ...{ level, steps, rounds, milliseconds: center, summaries: own, cost: own / (center - own) },
      deviation: Math.sqrt(mean(times.map((one) => (one - center) ** 2))),
      ...{ min: Math.min(...times), max: Math.max(...times) },
    };
  });
}
