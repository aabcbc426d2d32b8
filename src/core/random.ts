/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna, 2018), seeded through splitmix32, so that the same
 * seed gives the same numbers on every machine and the state can be saved in a checkpoint.
 */
export interface Random {
  /** A whole number in 0 .. 2^32 - 1. */
  uint32(): number;
  /** A number in [0, 1), a multiple of 2^-32. */
  uniform(): number;
  /** A whole number in 0 .. `bound` - 1, each equally likely; `bound` is 1 .. 2^32. */
  below(bound: number): number;
  /** A number from the normal distribution of mean 0 and deviation 1. */
  normal(): number;
  /** The state as four whole numbers; {@link randomFromState} goes on from it. */
  state(): [number, number, number, number];
}

/** A generator for `seed` (any whole number); `stream` gives independent generators for one seed. */
export function createRandom(seed: number, stream = 0): Random {
  let x = (seed ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  const next = (): number => {
    x = (x + 0x9e3779b9) >>> 0;
    let z = x;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return randomFromState([next(), next(), next(), next()]);
}

/** A generator that goes on from a saved {@link Random.state}. */
export function randomFromState(state: readonly [number, number, number, number]): Random {
  let [a, b, c, d] = state;
  const uint32 = (): number => {
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = (): number => uint32() / 2 ** 32;
  return {
    uint32,
    uniform,
    below(bound) {
      // Rejection keeps every value equally likely (Lemire, 2019, without the multiplication trick).
      const limit = 2 ** 32 - (2 ** 32 % bound);
      let value = uint32();
      while (value >= limit) value = uint32();
      return value % bound;
    },
    normal() {
      // Box and Muller, 1958; 1 - u keeps the logarithm's argument above 0.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      return radius * Math.cos(2 * Math.PI * uniform());
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}
