// The JavaScript contestants' side of the protocol in ../contestant.mjs.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** Answers each request with what `tasks` has under its `do`; ends with the input. */
export async function answerWith(tasks) {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      const task = tasks[request.do];
      if (!task) throw new Error(`it cannot ${request.do}`);
      answer = (await task(request)) ?? {};
    } catch (error) {
      answer = { error: error instanceof Error ? error.message : String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

/** Labelled images as the benchmark writes them: `${path}.images` has 784 bytes each, `${path}.labels` one. */
export function readImages(path, count) {
  const images = readFileSync(`${path}.images`);
  const labels = readFileSync(`${path}.labels`);
  const taken = Math.min(count ?? labels.length, labels.length);
  return { images: images.subarray(0, taken * 784), labels: labels.subarray(0, taken), count: taken };
}

/** The seconds of each of `repetitions` runs of `once`. */
export async function timed(repetitions, once) {
  const seconds = [];
  for (let i = 0; i < repetitions; i++) {
    const start = performance.now();
    await once(i);
    seconds.push((performance.now() - start) / 1000);
  }
  return seconds;
}
