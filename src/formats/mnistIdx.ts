import { MnistError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import { parseIdx } from "./idx.ts";

/** Height and width of an MNIST image, in pixels. */
export const mnistSize = 28;

/** MNIST has the ten digits as its classes. */
export const mnistClasses = 10;

/** What the digits are called, `[10]`. */
export const digitNames = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
] as const;

/** Whether these are the digits' names, in their order. */
export function areDigits(classNames: readonly string[]): boolean {
  return classNames.length === mnistClasses && classNames.every((name, label) => name === digitNames[label]);
}

/** One half of MNIST, training or test: images and what they show, in the same order. */
export interface MnistSplit {
  readonly count: number;
  /** Grey levels, light digits on dark, `[count, 28, 28]`, 0..255. */
  readonly images: Uint8Array;
  /** Digits, `[count]`, 0..9. */
  readonly labels: Uint8Array;
}

/** Both halves of MNIST, and what people call the place they come from. */
export interface MnistData {
  readonly origin: string;
  readonly train: MnistSplit;
  readonly test: MnistSplit;
}

/** Bytes and what people call them. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The images file (`[n, 28, 28]`) and the labels file (`[n]`) of one half of MNIST, in IDX.
 * Throws an {@link MnistError} `BAD_DATA` where either is damaged, they do not fit together or a label is none.
 */
export function parseMnistSplit(imagesFile: NamedBytes, labelsFile: NamedBytes): MnistSplit {
  const images = parseIdx(imagesFile.bytes, imagesFile.name);
  const [count = 0, height, width] = images.shape;
  if (images.shape.length !== 3 || height !== mnistSize || width !== mnistSize) {
    throw new MnistError(
      "BAD_DATA",
      `${imagesFile.name}: expected images of ${mnistSize}x${mnistSize} (an array of n x 28 x 28), ` +
        `found an array of ${formatShape(images.shape)}`,
    );
  }
  const labels = parseIdx(labelsFile.bytes, labelsFile.name);
  if (labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new MnistError(
      "BAD_DATA",
      `${labelsFile.name}: expected ${count} labels, one for each image of ${imagesFile.name}, ` +
        `found an array of ${formatShape(labels.shape)}`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= mnistClasses);
  if (wrong >= 0) {
    throw new MnistError(
      "BAD_DATA",
      `${labelsFile.name}: label ${wrong} is ${labels.data[wrong]}, expected a digit 0 to ${mnistClasses - 1}`,
    );
  }
  return { count, images: images.data, labels: labels.data };
}
