// Contestants take turns, so that what disturbs the machine disturbs all of them; medians and ratios are over rounds.

/** The middle value, the mean of the two middle ones where their number is even. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

export function mean(values) {
  return sum(values) / values.length;
}

/** Threads that spin for a moment after their work must not do so in the next contestant's turn. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 60));

/**
 * Measures each contestant once a round, beginning with another one each round.
 *
 * @param contestants `{ name, measure }`, the one that the others are compared with first. `measure()` gives
 *   `{ value, typical }`: over all of a turn, and of its median repetition, which a busy machine disturbs less.
 * @returns a row for each: `ahead` is how many times better the first one is by `value`, `typicalAhead` by `typical`,
 *   both the median over rounds.
 */
export async function compare(group, unit, contestants, { rounds, higherIsBetter = true }) {
  const found = contestants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round) % contestants.length;
      await pause();
      found[index].push(await contestants[index].measure());
    }
  }
  return contestants.map(({ name, peer = false }, index) => {
    const own = found[index];
    const ratio = (key) =>
      median(own.map((one, round) => (one[key] / found[0][round][key]) ** (higherIsBetter ? -1 : 1)));
    const values = own.map(({ value }) => value);
    return {
      group,
      unit,
      contestant: name,
      peer,
      median: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      typical: median(own.map(({ typical }) => typical)),
      rounds,
      ahead: ratio("value"),
      typicalAhead: ratio("typical"),
    };
  });
}

/** Images a second of repetitions that took `seconds` each, for `images` images. */
export function rateOf(seconds, images) {
  return { value: (images * seconds.length) / sum(seconds), typical: images / median(seconds) };
}

/** How often to repeat what takes `seconds`, so that a turn lasts `turn` seconds. */
export function repetitionsFor(seconds, turn) {
  return Math.max(1, Math.min(100_000, Math.round(turn / seconds)));
}
