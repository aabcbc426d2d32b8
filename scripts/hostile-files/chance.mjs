/** Chance from a seed (mulberry32): the same file for the same seed and number, on any machine. */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n) => Math.floor(next() * n);
  const bytes = (n) => Uint8Array.from({ length: n }, () => below(256));
  return { next, below, bytes, pick: (list) => list[below(list.length)] };
}
