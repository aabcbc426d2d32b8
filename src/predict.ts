import { readModel } from "./checkpoint.ts";
import { type RandomAccess, randomAccessTo } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { formatShape, sizeOf } from "./core/shape.ts";
import {
  isShippedModel,
  type ShippedModel,
  type ShippedWeights,
  shippedModels,
} from "./core/shippedModels.ts";
import type { Engine } from "./engine/engine.ts";
import { readingOnDemand } from "./engine/rowsOnDemand.ts";
import type { DecodeOptions } from "./image/acceptedImage.ts";
import type { Picture } from "./image/picture.ts";
import type { ModelDefinition } from "./nn/definition.ts";
import { createPredictor, type Predictor } from "./nn/predictor.ts";
import type { Classify, Prediction } from "./recognition/prediction.ts";
import { type Helpers, type RecognizeOptions, recognize } from "./recognize.ts";

/** How a model computes. */
export interface EngineOptions {
  /** Threads to compute on; as many as there are cores unless given. The result does not depend on it. */
  readonly threads?: number;
  /** The kernels to use; the fastest that the host has unless given. */
  readonly variant?: Engine["variant"];
}

/** What is read of a picture's formats, and the limits for a URL; where pages fetch, the browser's own apply instead. */
export interface ReadOptions extends DecodeOptions {
  /** Bytes at most; 20 MB unless given. */
  readonly maxBytes?: number;
  /** For the whole, redirects included, in milliseconds; 20,000 unless given. */
  readonly timeoutMs?: number;
  /** 3 unless given. */
  readonly maxRedirects?: number;
  /** Whether a URL may lead into a private network; false unless given. */
  readonly allowPrivate?: boolean;
  readonly signal?: AbortSignal;
}

/** What differs between Node and a browser. */
export interface Platform {
  createEngine(options: EngineOptions): Promise<Engine>;
  /** The bytes at a path (in Node) or a URL. */
  read(source: string | URL, options: ReadOptions): Promise<Uint8Array>;
  /** Weights that come with the package. */
  openShippedWeights(name: ShippedWeights): Promise<RandomAccess>;
  /** The weights at a path (in Node) or a URL. */
  openWeights(source: string | URL, options: ReadOptions): Promise<RandomAccess>;
  decodePicture(bytes: Uint8Array, name: string, options: DecodeOptions): Promise<Picture>;
}

export interface LoadOptions extends EngineOptions {
  /**
   * Which of the networks that come with the package; `lenet`, LeNet with a second opinion of `best` on pages, unless given.
   * `lenet5` is a fiftieth of it, `best` a seventh and the most accurate on MNIST.
   */
  readonly model?: ShippedModel;
  /** A checkpoint of your own in place of those: its path (in Node), URL or bytes. */
  readonly weights?: string | URL | Uint8Array;
  /**
   * For a program that reads a single picture and ends: weights of more than a megabyte stay in their file and are read
   * from it anew for every image, which saves memory and, at the start, time. The probabilities are the same; false unless given.
   */
  readonly onDemand?: boolean;
  /**
   * For a program that reads a picture, or a few digits, and ends: weights are not arranged anew, which saves memory and, at the
   * start, more time than it costs for the digits of one page. The probabilities are the same; false unless given, true with `onDemand`.
   */
  readonly forOnce?: boolean;
}

/** Trained weights, ready to predict. */
export interface Model {
  readonly definition: ModelDefinition;
  /** What computes: `relaxed` and `simd128` are WebAssembly, `reference` is TypeScript. */
  readonly variant: Engine["variant"];
  readonly threads: number;
  /**
   * The probability of each class for each image.
   *
   * @param pixels [n, 28, 28, 1], light digits on dark, 0..255, row by row; any n.
   * @returns [n, 10], each row adding to 1.
   * @throws MnistError `BAD_ARGUMENT` where the length is no multiple of an image's, or the model is closed.
   */
  classify(pixels: Uint8Array): Float32Array;
  /** Gives threads and memory back. */
  close(): void;
}

/** A picture: a path (in Node) or URL, an image file's bytes, or decoded pixels such as an `ImageData`. */
export type PictureSource = string | URL | Uint8Array | ArrayBuffer | Blob | Picture;

export interface PredictOptions extends ReadOptions, RecognizeOptions {
  /** What messages call the picture; its path or URL unless given. */
  readonly name?: string;
}

/** The library for one platform. */
export interface Library {
  /**
   * Loads a model: the shipped `lenet` unless options say otherwise.
   *
   * @throws MnistError `NOT_FOUND`, `NETWORK`, `BAD_CHECKPOINT` or `BAD_MODEL`, each saying which file and why.
   */
  loadModel(options?: LoadOptions & ReadOptions): Promise<Model>;
  /**
   * Finds the digits in a picture, dark on light or light on dark, line by line, and classifies them.
   *
   * @param model may still be loading: the picture is read and decoded meanwhile.
   * @throws MnistError `NOT_FOUND`, `NETWORK`, or `BAD_IMAGE` where the bytes are no image that is read or nothing is drawn.
   */
  predict(
    model: Model | Promise<Model>,
    picture: PictureSource,
    options?: PredictOptions,
  ): Promise<Prediction>;
}

function isPicture(source: PictureSource): source is Picture {
  return typeof source === "object" && "data" in source && "width" in source;
}

async function readPicture(
  platform: Platform,
  source: PictureSource,
  name: string,
  options: ReadOptions,
): Promise<Picture> {
  if (isPicture(source)) return source;
  if (typeof source === "string" || source instanceof URL) {
    return platform.decodePicture(await platform.read(source, options), name, options);
  }
  if (source instanceof Uint8Array) return platform.decodePicture(source, name, options);
  const buffer = source instanceof ArrayBuffer ? source : await source.arrayBuffer();
  return platform.decodePicture(new Uint8Array(buffer), name, options);
}

function predictOneByOne(predictor: Predictor, pixels: Uint8Array, imageBytes: number): Float32Array {
  const { classes } = predictor.network.definition;
  const result = new Float32Array((pixels.length / imageBytes) * classes.length);
  for (let i = 0; i * imageBytes < pixels.length; i++) {
    const one = pixels.subarray(i * imageBytes, (i + 1) * imageBytes);
    result.set(predictor.predict(one), i * classes.length);
  }
  return result;
}

async function openWeights(platform: Platform, options: LoadOptions & ReadOptions): Promise<RandomAccess> {
  const { weights, model = shippedModels[0] } = options;
  if (weights instanceof Uint8Array) return randomAccessTo("weights", weights);
  if (weights !== undefined) return platform.openWeights(weights, options);
  if (isShippedModel(model)) return platform.openShippedWeights(model);
  throw new MnistError(
    "BAD_ARGUMENT",
    `model: expected one of ${shippedModels.join(", ")}, found ${String(model)}; give other weights as \`weights\``,
  );
}

/** What the networks that help a model share with it. */
interface Host {
  readonly platform: Platform;
  readonly engine: Engine;
  readonly isForOnce: boolean;
  /** @throws MnistError `BAD_ARGUMENT` where the model is closed. */
  checkOpen(): void;
}

/** A network that comes with the package, on the engine of a model. */
async function readHelper(
  { platform, engine, isForOnce, checkOpen }: Host,
  name: ShippedWeights,
): Promise<{ readonly classes: readonly string[]; readonly classify: Classify }> {
  const file = await platform.openShippedWeights(name);
  try {
    const { network, parameters, calibration } = await readModel(engine, file);
    const predictor = createPredictor(engine, network, parameters, { isForOnce, ...calibration });
    return {
      classes: network.definition.classes,
      classify(pixels) {
        checkOpen();
        return predictor.predict(pixels);
      },
    };
  } finally {
    await file.close();
  }
}

/**
 * What helps a model of digits with pages; other models' classes it does not know. Only the default model asks a better one: the
 * others' answers are their own.
 */
async function readHelpers(
  host: Host,
  { classes }: ModelDefinition,
  { isDefault }: { readonly isDefault: boolean },
): Promise<Helpers> {
  const parts = await readHelper(host, "parts");
  if (parts.classes.slice(0, -2).join() !== classes.join()) return {};
  if (!isDefault) return { classifyPart: parts.classify };
  return {
    classifyPart: parts.classify,
    loadBetter: onlyOnce(async () => (await readHelper(host, "best")).classify),
  };
}

/** What `load` gives, asked once for all; where that fails, again the next time. */
function onlyOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
}

/** The library's functions on `platform`. */
export function createLibrary(platform: Platform): Library {
  /** What {@link readHelpers} gives, once a page asks for it. */
  const helpersOf = new WeakMap<Model, () => Promise<Helpers>>();
  return {
    async loadModel(options = {}) {
      const starting = platform.createEngine(options);
      const opening = openWeights(platform, options);
      // Where only one of them failed, the other must not stay: a file, the engine's threads.
      const [file, engine] = await Promise.all([opening, starting]).catch(async (error: unknown) => {
        (await starting.catch(() => undefined))?.close();
        await (await opening.catch(() => undefined))?.close();
        throw error;
      });
      try {
        const { onDemand = false, forOnce = false } = options;
        const isForOnce = forOnce || onDemand;
        const computing = onDemand ? readingOnDemand(engine) : engine;
        const { network, parameters, calibration } = await readModel(computing, file);
        if (!onDemand) await file.close();
        const { definition } = network;
        const predictor = createPredictor(computing, network, parameters, {
          isForOnce,
          ...calibration,
        });
        const imageBytes = sizeOf(definition.input.shape);
        let isClosed = false;
        const checkOpen = (): void => {
          if (!isClosed) return;
          throw new MnistError("BAD_ARGUMENT", "classify: the model is closed; load it again with loadModel");
        };
        const model: Model = {
          definition,
          variant: engine.variant,
          threads: engine.threads,
          classify(pixels) {
            checkOpen();
            if (pixels.length % imageBytes !== 0) {
              throw new MnistError(
                "BAD_ARGUMENT",
                `classify: expected images of ${formatShape(definition.input.shape)}, a multiple of ${imageBytes} bytes, found ${pixels.length}`,
              );
            }
            return onDemand ? predictOneByOne(predictor, pixels, imageBytes) : predictor.predict(pixels);
          },
          close() {
            if (isClosed) return;
            isClosed = true;
            engine.close();
            if (onDemand) file.close().catch(() => {}); // it was only read
          },
        };
        const isDefault =
          options.weights === undefined && (options.model ?? shippedModels[0]) === shippedModels[0];
        const host = { platform, engine, isForOnce, checkOpen };
        helpersOf.set(
          model,
          onlyOnce(() => readHelpers(host, definition, { isDefault })),
        );
        return model;
      } catch (error) {
        engine.close();
        await file.close();
        throw error;
      }
    },
    async predict(model, source, options = {}) {
      const isNamed = typeof source === "string" || source instanceof URL;
      const { name = isNamed ? String(source) : "picture" } = options;
      const picture = await readPicture(platform, source, name, options);
      const classify = Promise.resolve(model).then((loaded) => loaded.classify);
      classify.catch(() => {}); // told of where it is waited for, which is never in a blank picture
      const found = await recognize(
        picture,
        classify,
        options,
        async () => helpersOf.get(await model)?.() ?? {},
      );
      if (found) return found;
      throw new MnistError(
        "BAD_IMAGE",
        `${name}: no digit found; the picture is blank, or nothing in it looks like a digit`,
      );
    },
  };
}
