import { MnistError } from "../core/errors.ts";
import type { ActivationName } from "../engine/operations/activation.ts";
import type { Initializer } from "./initializers.ts";

/** One number for both directions, or [height, width]. */
export type Size2d = number | readonly [number, number];
export type Padding = "valid" | "same";

export interface Conv2dDefinition {
  readonly type: "conv2d";
  readonly name: string;
  readonly filters: number;
  readonly kernelSize: Size2d;
  /** 1 unless given. */
  readonly strides?: Size2d;
  /** `valid` unless given; `same` pads with zeros as TensorFlow does. */
  readonly padding?: Padding;
  /** `linear` unless given. */
  readonly activation?: ActivationName;
  /** true unless given. */
  readonly useBias?: boolean;
  /** `glorotUniform` unless given. */
  readonly kernelInitializer?: Initializer;
  /** `zeros` unless given. */
  readonly biasInitializer?: Initializer;
}

export interface DenseDefinition {
  readonly type: "dense";
  readonly name: string;
  readonly units: number;
  readonly activation?: ActivationName;
  readonly useBias?: boolean;
  readonly kernelInitializer?: Initializer;
  readonly biasInitializer?: Initializer;
}

export interface Pool2dDefinition {
  readonly type: "maxPool2d" | "avgPool2d";
  readonly name: string;
  readonly poolSize: Size2d;
  /** The pool's size unless given. */
  readonly strides?: Size2d;
  readonly padding?: Padding;
}

export interface FlattenDefinition {
  readonly type: "flatten";
  readonly name: string;
}

export interface DropoutDefinition {
  readonly type: "dropout";
  readonly name: string;
  /** The share of elements that training sets to 0; in [0, 1). */
  readonly rate: number;
}

export interface BatchNormalizationDefinition {
  readonly type: "batchNormalization";
  readonly name: string;
  /**
   * The share of the moving mean and variance that stays in a step; 0.99 unless given. In step t, from 0, at most
   * (1 + t) / (10 + t), as TensorFlow's ExponentialMovingAverage: else the statistics of a training of a few hundred steps
   * would be those of its beginning.
   */
  readonly momentum?: number;
  /** Added to the variance; 0.001 unless given. */
  readonly epsilon?: number;
  /** Whether beta is added; true unless given. */
  readonly center?: boolean;
  /** Whether it is multiplied with gamma; true unless given. */
  readonly scale?: boolean;
  /** `linear` unless given. */
  readonly activation?: ActivationName;
}

export type LayerDefinition =
  | Conv2dDefinition
  | DenseDefinition
  | Pool2dDefinition
  | FlattenDefinition
  | DropoutDefinition
  | BatchNormalizationDefinition;

/** Whether what layer `index` is given has passed a ReLU, so that much of it is likely zero. */
export function hasRectifiedInput(layers: readonly LayerDefinition[], index: number): boolean {
  for (let i = index - 1; i >= 0; i--) {
    const layer = layers[i]!;
    if (layer.type === "conv2d" || layer.type === "dense" || layer.type === "batchNormalization") {
      return layer.activation === "relu";
    }
    if (layer.type === "avgPool2d") return false;
  }
  return false;
}

/** What the network is given: images of `shape`, each pixel 0..255 turned into `pixel * scale + offset`. */
export interface InputDefinition {
  /** [height, width, channels] */
  readonly shape: readonly [number, number, number];
  readonly scale: number;
  readonly offset: number;
}

/**
 * A network as plain data: what training, validation, prediction and export all build from, and what a checkpoint
 * carries. The last layer gives the logits, one a class.
 */
export interface ModelDefinition {
  /** Begins the name of every tensor: `LeNet/conv1/weights`. */
  readonly name: string;
  readonly input: InputDefinition;
  /** The name of each class, in the order of the logits. */
  readonly classes: readonly string[];
  readonly layers: readonly LayerDefinition[];
}

/** A convolution layer; options are those of tf.layers. */
export const conv2d = (options: Omit<Conv2dDefinition, "type">): Conv2dDefinition => ({
  type: "conv2d",
  ...options,
});
/** A fully connected layer. */
export const dense = (options: Omit<DenseDefinition, "type">): DenseDefinition => ({
  type: "dense",
  ...options,
});
/** Max pooling. */
export const maxPool2d = (options: Omit<Pool2dDefinition, "type">): Pool2dDefinition => ({
  type: "maxPool2d",
  ...options,
});
/** Average pooling; padding does not count in the mean. */
export const avgPool2d = (options: Omit<Pool2dDefinition, "type">): Pool2dDefinition => ({
  type: "avgPool2d",
  ...options,
});
/** Images to vectors: [n, height, width, channels] to [n, height * width * channels]. */
export const flatten = (options: Omit<FlattenDefinition, "type">): FlattenDefinition => ({
  type: "flatten",
  ...options,
});
/** Inverted dropout while training, nothing otherwise (Srivastava et al., 2014). */
export const dropout = (options: Omit<DropoutDefinition, "type">): DropoutDefinition => ({
  type: "dropout",
  ...options,
});

/** Batch normalisation of each channel (Ioffe and Szegedy, 2015); options are those of Keras. */
export const batchNormalization = (
  options: Omit<BatchNormalizationDefinition, "type">,
): BatchNormalizationDefinition => ({ type: "batchNormalization", ...options });

/** Says what was expected where `value` is not that; nothing where it is. */
type Check = (value: unknown) => string | undefined;

const whole: Check = (value) =>
  Number.isInteger(value) && (value as number) > 0 ? undefined : "a whole number above 0";
const finite: Check = (value) => (Number.isFinite(value) ? undefined : "a finite number");
const text: Check = (value) =>
  typeof value === "string" && /^[\w.-]+$/.test(value) ? undefined : "a name of letters, digits, _ . -";
const flag: Check = (value) => (typeof value === "boolean" ? undefined : "true or false");
const rate: Check = (value) =>
  typeof value === "number" && value >= 0 && value < 1 ? undefined : "a number from 0 to below 1";
const size: Check = (value) =>
  whole(value) === undefined ||
  (Array.isArray(value) && value.length === 2 && value.every((one) => whole(one) === undefined))
    ? undefined
    : "a whole number above 0 or two of them, [height, width]";
const positive: Check = (value) =>
  Number.isFinite(value) && (value as number) > 0 ? undefined : "a number above 0";
const oneOf =
  (...names: readonly string[]): Check =>
  (value) =>
    names.includes(value as string) ? undefined : `one of ${names.join(", ")}`;
const initializer: Check = (value) =>
  ["zeros", "ones", "glorotUniform", "glorotNormal", "heUniform", "heNormal"].includes(value as string) ||
  (typeof value === "object" &&
    value !== null &&
    finite((value as Record<string, unknown>).truncatedNormal) === undefined)
    ? undefined
    : "zeros, ones, glorotUniform, glorotNormal, heUniform, heNormal or {truncatedNormal: deviation}";

type Fields = Readonly<Record<string, { readonly check: Check; readonly optional?: true }>>;
const given = (check: Check) => ({ check });
const may = (check: Check) => ({ check, optional: true }) as const;

const activation = may(oneOf("linear", "relu", "tanh", "sigmoid"));
const weighted: Fields = {
  activation,
  useBias: may(flag),
  kernelInitializer: may(initializer),
  biasInitializer: may(initializer),
};
const sliding: Fields = { strides: may(size), padding: may(oneOf("valid", "same")) };
const pooling: Fields = { poolSize: given(size), ...sliding };

const layerFields: Readonly<Record<LayerDefinition["type"], Fields>> = {
  conv2d: { filters: given(whole), kernelSize: given(size), ...sliding, ...weighted },
  dense: { units: given(whole), ...weighted },
  maxPool2d: pooling,
  avgPool2d: pooling,
  flatten: {},
  dropout: { rate: given(rate) },
  batchNormalization: {
    momentum: may(rate),
    epsilon: may(positive),
    center: may(flag),
    scale: may(flag),
    activation,
  },
};

function describe(value: unknown): string {
  return value === undefined ? "nothing" : (JSON.stringify(value)?.slice(0, 60) ?? typeof value);
}

function checkFields(value: unknown, fields: Fields, where: string): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MnistError("BAD_MODEL", `${where}: expected an object, found ${describe(value)}`);
  }
  for (const [key, { check, optional }] of Object.entries(fields)) {
    const found = (value as Record<string, unknown>)[key];
    if (found === undefined && optional) continue;
    const expected = check(found);
    if (expected)
      throw new MnistError("BAD_MODEL", `${where}: ${key} must be ${expected}, found ${describe(found)}`);
  }
  const unknown = Object.keys(value).find((key) => !(key in fields));
  if (unknown !== undefined) {
    const known = Object.keys(fields).join(", ");
    throw new MnistError("BAD_MODEL", `${where}: there is no option ${unknown}; the options are ${known}`);
  }
}

const shape3d: Check = (value) =>
  Array.isArray(value) && value.length === 3 && value.every((one) => whole(one) === undefined)
    ? undefined
    : "[height, width, channels], three whole numbers above 0";
const names: Check = (value) =>
  Array.isArray(value) && value.length > 1 && value.every((one) => typeof one === "string")
    ? undefined
    : "a list of at least two names";
const list: Check = (value) => (Array.isArray(value) && value.length > 0 ? undefined : "a list of layers");

/**
 * Checks that `value` (from a file or a checkpoint) is a model definition.
 *
 * @param where begins the message: a file's name.
 * @throws MnistError `BAD_MODEL`, saying which layer and option, what was expected and what was found.
 */
export function parseDefinition(value: unknown, where: string): ModelDefinition {
  const top: Fields = {
    name: given(text),
    input: given(() => undefined),
    classes: given(names),
    layers: given(list),
  };
  checkFields(value, top, where);
  const definition = value as ModelDefinition;
  checkFields(
    definition.input,
    { shape: given(shape3d), scale: given(finite), offset: given(finite) },
    `${where}: input`,
  );
  const seen = new Set<string>();
  definition.layers.forEach((layer: LayerDefinition, index) => {
    const at = `${where}: layer ${index + 1}`;
    const fields = layerFields[layer?.type];
    if (!fields) {
      const known = Object.keys(layerFields).join(", ");
      throw new MnistError(
        "BAD_MODEL",
        `${at}: type must be one of ${known}, found ${describe(layer?.type)}`,
      );
    }
    checkFields(
      layer,
      { type: given(() => undefined), name: given(text), ...fields },
      `${at} (${layer.name ?? layer.type})`,
    );
    if (seen.has(layer.name))
      throw new MnistError("BAD_MODEL", `${at}: the name ${layer.name} is taken; names are unique`);
    seen.add(layer.name);
  });
  return definition;
}
