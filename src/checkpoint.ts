import { type Calibration, temperatureRange } from "./calibration.ts";
import type { RandomAccess } from "./core/bytes.ts";
import { MnistError } from "./core/errors.ts";
import { formatShape, type Shape } from "./core/shape.ts";
import type { Engine } from "./engine/engine.ts";
import { isWorthReadingOnDemand, type OnDemandEngine, type ReadRows } from "./engine/rowsOnDemand.ts";
import type { Tensor } from "./engine/tensor.ts";
import { crc32c } from "./formats/crc32c.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensorsHeader,
  type TensorData,
  type TensorInfo,
} from "./formats/safetensors.ts";
import { type ModelDefinition, parseDefinition } from "./nn/definition.ts";
import { buildNetwork, fullName, type Network } from "./nn/network.ts";
import { completeTrainingConfig, type TrainingConfig } from "./trainingConfig.ts";

/** How far a training has come. With the configuration it is all that exact resumption needs beside the tensors. */
export interface TrainingProgress {
  /** Steps done. */
  readonly step: number;
  /** The best accuracy on the validation split so far, and the step it was reached at. */
  readonly best?: { readonly accuracy: number; readonly step: number };
  /** What it is trained on; absent in files from before it was kept. */
  readonly data?: DataFingerprint;
}

/** Tells one data set from another. */
export interface DataFingerprint {
  /** How many there are, those held out among them. */
  readonly images: number;
  /** The CRC-32C of the held-out images with their labels: a sample of the whole that the seed draws. */
  readonly heldOutChecksum: number;
}

/** A model's weights with all that they mean: a safetensors file whose metadata carries the rest as JSON. */
export interface Checkpoint {
  readonly definition: ModelDefinition;
  readonly config: TrainingConfig;
  readonly progress: TrainingProgress;
  /** Of these very weights, where it was fitted. */
  readonly calibration?: Calibration;
  /** By full name (`LeNet/conv1/weights`); with the optimizer's slots where training can go on from here. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** The CRC-32C of each tensor's bytes when it was written; see {@link verifyCheckpoint}. */
  readonly checksums: Readonly<Record<string, number>>;
}

const FORMAT = "mnist-classification checkpoint 1";

/** The bytes of a checkpoint of what `tensors` hold now. */
export function encodeCheckpoint(
  engine: Engine,
  tensors: ReadonlyMap<string, Tensor>,
  about: Pick<Checkpoint, "definition" | "config" | "progress" | "calibration">,
): Uint8Array {
  const data = new Map<string, TensorData>();
  for (const [name, one] of tensors) {
    const floats = engine.floats(one);
    // A view of the engine's own memory where it is float32: encoding copies.
    const values = floats instanceof Float32Array ? floats : Float32Array.from(floats);
    data.set(name, { dtype: "F32", shape: one.shape, data: values });
  }
  const metadata = {
    format: FORMAT,
    checksums: JSON.stringify(Object.fromEntries([...data].map(([name, one]) => [name, checksum(one)]))),
    definition: JSON.stringify(about.definition),
    config: JSON.stringify(about.config),
    progress: JSON.stringify(about.progress),
    ...(about.calibration && { calibration: JSON.stringify(about.calibration) }),
  };
  return encodeSafetensors(data, { ...metadata, [CHECKSUM_KEY]: metadataChecksum(metadata) });
}

/** Of the metadata's own checksum; files from before there was one have none, and are read all the same. */
const CHECKSUM_KEY = "metadata_checksum";

/** The CRC-32C of all other metadata, sorted by key, since whoever copies a file may write them in another order. */
function metadataChecksum(metadata: Readonly<Record<string, string>>): string {
  const others = Object.entries(metadata).filter(([key]) => key !== CHECKSUM_KEY);
  const text = JSON.stringify(others.sort(([a], [b]) => (a < b ? -1 : 1)));
  return hex(crc32c(new TextEncoder().encode(text)));
}

function hex(crc: number | undefined): string {
  return typeof crc === "number" ? `0x${crc.toString(16).padStart(8, "0")}` : "none";
}

/**
 * Reads a checkpoint. What an earlier version's configuration has no fields for is filled in.
 *
 * @param name of the file, for messages.
 * @throws MnistError `BAD_CHECKPOINT` for a damaged file or one that is not ours, `BAD_MODEL` for its definition.
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, name);
  const about = parseCheckpointMetadata(metadata, name);
  return { ...about, config: completeTrainingConfig(about.config), tensors };
}

/** Whether the metadata of a safetensors file say that it is a checkpoint of this package. */
export function isCheckpointMetadata(metadata: Readonly<Record<string, string>>): boolean {
  return metadata.format === FORMAT;
}

/**
 * What a checkpoint carries beside its tensors, out of the file's metadata.
 *
 * @param name of the file, for messages.
 * @throws MnistError `BAD_CHECKPOINT` for metadata that are damaged or not ours, `BAD_MODEL` for the definition.
 */
export function parseCheckpointMetadata(
  metadata: Readonly<Record<string, string>>,
  name: string,
): Omit<Checkpoint, "tensors"> {
  if (!isCheckpointMetadata(metadata)) {
    throw new MnistError(
      "BAD_CHECKPOINT",
      `${name}: expected a checkpoint of this package ("format": "${FORMAT}" in its metadata), found ${metadata.format === undefined ? "none" : `"${metadata.format}"`}; give a file that mnist train wrote`,
    );
  }
  const expected = metadata[CHECKSUM_KEY];
  const found = metadataChecksum(metadata);
  if (expected !== undefined && expected !== found) {
    throw new MnistError(
      "BAD_CHECKPOINT",
      `${name}: the metadata: CRC is ${found}, expected ${expected}; the file is damaged`,
    );
  }
  const json = (key: string): unknown => {
    try {
      return JSON.parse(metadata[key] ?? "");
    } catch (cause) {
      throw new MnistError(
        "BAD_CHECKPOINT",
        `${name}: the metadata's "${key}" is not JSON; the file is damaged`,
        { cause },
      );
    }
  };
  const object = <T>(key: string): T => {
    const value = json(key);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as T;
    throw new MnistError(
      "BAD_CHECKPOINT",
      `${name}: the metadata's "${key}" is not an object; the file is damaged`,
    );
  };
  const progress = object<TrainingProgress>("progress");
  if (!Number.isSafeInteger(progress.step) || progress.step < 0) {
    const found = String(progress.step);
    throw new MnistError(
      "BAD_CHECKPOINT",
      `${name}: expected a whole number of steps done, found ${found}; the file is damaged`,
    );
  }
  const calibration = metadata.calibration === undefined ? undefined : object<Calibration>("calibration");
  if (calibration) checkTemperature(calibration.temperature, name);
  return {
    definition: parseDefinition(json("definition"), name),
    // Its numbers are checked where a training uses them: prediction needs none of them.
    config: object<TrainingConfig>("config"),
    progress,
    ...(calibration && { calibration }),
    checksums: object<Checkpoint["checksums"]>("checksums"),
  };
}

function checkTemperature(temperature: unknown, name: string): void {
  const { least, most } = temperatureRange;
  if (typeof temperature === "number" && temperature >= least && temperature <= most) return;
  throw new MnistError(
    "BAD_CHECKPOINT",
    `${name}: expected a calibration's temperature from ${least} to ${most}, found ${String(temperature)}; the file is damaged`,
  );
}

/** The CRC-32C of a tensor's bytes. */
function checksum({ data }: TensorData): number {
  return crc32c(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/**
 * Checks every tensor's bytes against the checksums in the file, which takes some 10 ms for 10 MB, and its shape against
 * the definition.
 *
 * @throws MnistError `BAD_CHECKPOINT`, naming the first tensor that is not what was written.
 */
export function verifyCheckpoint(checkpoint: Checkpoint, name: string): void {
  for (const [key, one] of checkpoint.tensors) checkChecksum(checkpoint, key, checksum(one), name);
  checkAllTensors(checkpoint, name);
}

/** So much of a file is in memory at once while it is verified, bytes. */
const PIECE = 1 << 20;

/**
 * {@link verifyCheckpoint} of a file, piece by piece: with an optimizer's slots it may be too large to be in memory again.
 *
 * @throws MnistError `BAD_CHECKPOINT`, naming the first tensor that is not what was written.
 */
export async function verifyCheckpointFile(file: RandomAccess): Promise<void> {
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const about = parseCheckpointMetadata(metadata, file.name);
  const room = new Uint8Array(PIECE);
  for (const [key, { begin, end }] of tensors) {
    let crc = 0;
    for (let at = begin; at < end; at += PIECE) {
      const piece = room.subarray(0, Math.min(PIECE, end - at));
      await file.read(piece, at);
      crc = crc32c(piece, 0, piece.length, crc);
    }
    checkChecksum(about, key, crc, file.name);
  }
  checkAllTensors({ ...about, tensors }, file.name);
}

function checkChecksum(
  { checksums }: Pick<Checkpoint, "checksums">,
  key: string,
  found: number,
  name: string,
): void {
  if (found === checksums[key]) return;
  throw new MnistError(
    "BAD_CHECKPOINT",
    `${name}: ${key}: CRC is ${hex(found)}, expected ${hex(checksums[key])}; the file is damaged`,
  );
}

/** What is said of tensors without their data. */
interface Tensors {
  readonly tensors: ReadonlyMap<string, Pick<TensorInfo, "dtype" | "shape">>;
}

/** Checks that there are all tensors of the definition, and each of its shape. */
function checkAllTensors(checkpoint: Tensors & Pick<Checkpoint, "definition">, name: string): void {
  const network = buildNetwork(checkpoint.definition);
  const parameters = new Map(network.parameters.map((one) => [fullName(network, one), one]));
  const expected = new Map(parameters);
  for (const key of checkpoint.tensors.keys()) {
    // What goes with a parameter, an optimizer's slot or an average, has its shape.
    const parameter = parameters.get(key.slice(0, key.lastIndexOf("/")));
    if (parameter) expected.set(key, parameter);
  }
  checkTensors(expected, checkpoint, name);
}

/**
 * Checks that a checkpoint has the tensors `expected`, by full name, each of its shape.
 *
 * @throws MnistError `BAD_CHECKPOINT`, listing every tensor that is missing or of another shape.
 */
export function checkTensors(
  expected: ReadonlyMap<string, { readonly shape: Shape }>,
  checkpoint: Tensors,
  name: string,
): void {
  const faults: string[] = [];
  for (const [key, { shape }] of expected) {
    const found = checkpoint.tensors.get(key);
    if (!found) faults.push(`${key} (${formatShape(shape)}) is missing`);
    else if (formatShape(found.shape) !== formatShape(shape))
      faults.push(`${key}: expected ${formatShape(shape)}, found ${formatShape(found.shape)}`);
    else if (found.dtype !== "F32") faults.push(`${key}: expected F32, found ${found.dtype}`);
  }
  if (faults.length === 0) return;
  throw new MnistError(
    "BAD_CHECKPOINT",
    `${name}: the checkpoint does not fit the model: ${faults.join("; ")}; use the model that it was trained with`,
  );
}

/**
 * Copies a checkpoint's values into `into`.
 *
 * @throws MnistError `BAD_CHECKPOINT`, listing every tensor that is missing or of another shape.
 */
export function restoreTensors(
  engine: Engine,
  into: ReadonlyMap<string, Tensor>,
  checkpoint: Checkpoint,
  name: string,
): void {
  checkTensors(into, checkpoint, name);
  for (const [key, one] of into) engine.floats(one).set(checkpoint.tensors.get(key)!.data);
}

/** Allocates the parameters of `network` and fills them from `checkpoint`, for prediction. */
export function loadParameters(
  engine: Engine,
  network: Network,
  checkpoint: Checkpoint,
  name: string,
): ReadonlyMap<string, Tensor> {
  const parameters = new Map(
    network.parameters.map((parameter) => {
      const key = fullName(network, parameter);
      return [key, engine.allocate(key, parameter.shape)];
    }),
  );
  restoreTensors(engine, parameters, checkpoint, name);
  return parameters;
}

/**
 * Reads from a checkpoint what prediction needs of it, each weight once and to its place in the engine's memory, which
 * must hold float32. A copy of 13 MB on the way would be the longest part of a start: on some machines memory costs
 * 3 ms a megabyte when it is touched for the first time.
 *
 * @param engine one that reads on demand leaves large weights in the file, which then has to stay open.
 * @throws MnistError `BAD_CHECKPOINT` for a damaged file or one that is not ours, `BAD_MODEL` for its definition.
 */
export async function readModel(
  engine: Engine | OnDemandEngine,
  file: RandomAccess,
): Promise<{
  readonly network: Network;
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly calibration?: Calibration;
}> {
  const { tensors, metadata } = await readSafetensorsHeader(file);
  const { definition, calibration } = parseCheckpointMetadata(metadata, file.name);
  const network = buildNetwork(definition);
  const expected = network.parameters.map((one) => [fullName(network, one), one] as const);
  checkTensors(new Map(expected), { tensors }, file.name);
  const parameters = new Map<string, Tensor>();
  const places: (readonly [Tensor, number])[] = [];
  for (const [key, { shape }] of expected) {
    const { begin } = tensors.get(key)!;
    if ("onDemand" in engine && isWorthReadingOnDemand(shape)) {
      const rowBytes = shape[1] * 4;
      const read: ReadRows = (into, first) => file.readNow(into, begin + first * rowBytes);
      parameters.set(key, engine.onDemand(key, shape, read));
    } else {
      const one = engine.allocate(key, shape);
      parameters.set(key, one);
      places.push([one, begin]);
    }
  }
  await Promise.all(
    places.map(async ([one, begin]) => {
      const bytes = engine.bytesOf(one);
      await file.read(bytes, begin);
      // What was allocated meanwhile, for another model or its first images, may have moved all memory.
      const now = engine.bytesOf(one);
      if (now.buffer !== bytes.buffer) now.set(bytes);
    }),
  );
  return { network, parameters, ...(calibration && { calibration }) };
}
