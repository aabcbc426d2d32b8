import { createRandom } from "../core/random.ts";

/** Which order an epoch has: the same three numbers give the same order on every machine. */
export interface Shuffle {
  readonly seed: number;
  /** Each epoch has an order of its own. */
  readonly epoch: number;
  /** How many examples (784 bytes each) wait to be drawn from; as many as the data set has mix it evenly. */
  readonly bufferSize: number;
}

/** Pictures and labels in two flat arrays, `pixels` bytes a picture. */
export interface Examples {
  readonly images: Uint8Array;
  readonly labels: Int32Array;
}

/** Far from the streams of random numbers that weights and dropout take from the same seed. */
const shuffleStream = 1 << 20;

/** Reserved at once: memory that is not written to costs nothing. */
const firstCapacity = 65_536;

/** Examples that wait to be drawn at random (as tf.data's `shuffle` does); the arrays grow as needed. */
export interface ShuffleBuffer {
  /**
   * Puts an example in; where the buffer was full, one drawn at random goes out first, into place `slot` of `target`.
   *
   * @returns whether one went out.
   */
  exchange(image: Uint8Array, label: number, target: Examples, slot: number): boolean;
  /** Takes one drawn at random out into place `slot` of `target`; false where none is left. */
  drain(target: Examples, slot: number): boolean;
}

export function createShuffleBuffer({ seed, epoch, bufferSize }: Shuffle, pixels: number): ShuffleBuffer {
  const random = createRandom(seed, shuffleStream + epoch);
  let size = 0;
  let images = new Uint8Array(Math.min(bufferSize, firstCapacity) * pixels);
  let labels = new Int32Array(Math.min(bufferSize, firstCapacity));
  const give = (from: number, target: Examples, slot: number): void => {
    target.images.set(images.subarray(from * pixels, (from + 1) * pixels), slot * pixels);
    target.labels[slot] = labels[from] ?? 0;
  };
  const grow = (capacity: number): void => {
    const [oldImages, oldLabels] = [images, labels];
    images = new Uint8Array(capacity * pixels);
    labels = new Int32Array(capacity);
    images.set(oldImages);
    labels.set(oldLabels);
  };
  return {
    exchange(image, label, target, slot) {
      const isFull = size === bufferSize;
      let place = size;
      if (isFull) {
        place = random.below(size);
        give(place, target, slot);
      } else {
        if (size === labels.length) grow(Math.min(bufferSize, size * 2));
        size++;
      }
      images.set(image, place * pixels);
      labels[place] = label;
      return isFull;
    },
    drain(target, slot) {
      if (size === 0) return false;
      const drawn = random.below(size);
      give(drawn, target, slot);
      size--;
      give(size, { images, labels }, drawn);
      return true;
    },
  };
}
