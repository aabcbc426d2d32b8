import {
  type Checkpoint,
  checkTensors,
  isCheckpointMetadata,
  parseCheckpointMetadata,
} from "../checkpoint.ts";
import type { ByteSource } from "../core/bytes.ts";
import { joinBytes } from "../core/joinBytes.ts";
import { sizeOf } from "../core/shape.ts";
import { crc32c } from "../formats/crc32c.ts";
import {
  checkTensorOffsets,
  parseSafetensorsHeader,
  safetensorsDataStart,
  type TensorInfo,
} from "../formats/safetensors.ts";
import { buildNetwork, fullName, parameterCount } from "../nn/network.ts";
import { createDamageLog, type DamageLog, type DamageReport } from "./damage.ts";
import type { Statistics } from "./statistics.ts";
import { type TensorStatistics, tensorStatistics } from "./tensorStatistics.ts";

/** One tensor of a file. */
export interface TensorReport {
  readonly name: string;
  readonly dtype: TensorInfo["dtype"];
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Of what the file has of its elements; absent where they were not looked at. */
  readonly values?: Statistics;
}

/** What a checkpoint of this package says of itself. */
export interface CheckpointReport extends Pick<Checkpoint, "definition" | "config" | "progress"> {
  /** Numbers that the network has learnt. */
  readonly parameters: number;
  /** Tensors beside those of the network: the optimizer's, with which training can go on. */
  readonly optimizerTensors: number;
}

/** What a safetensors file holds. */
export interface SafetensorsReport {
  readonly kind: "safetensors";
  readonly headerBytes: number;
  readonly tensors: readonly TensorReport[];
  /** Elements of all tensors together. */
  readonly elements: number;
  /** As it stands; of a checkpoint of this package without what {@link checkpoint} has. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly checkpoint?: CheckpointReport;
  readonly damage: DamageReport;
}

/** A tensor while its bytes go by. */
interface Pass {
  readonly info: TensorInfo;
  readonly statistics: TensorStatistics;
  crc: number;
}

/** Reads a safetensors file once; memory holds its header and one chunk, whatever its length. */
export async function inspectSafetensors(source: ByteSource): Promise<SafetensorsReport> {
  const damage = createDamageLog(source.name);
  const { headerBytes, header, passes, dataBytes } = await readTensors(source, damage);
  const { tensors, metadata } = header ?? { tensors: [], metadata: {} };
  if (header && passes) damage.attempt(() => checkTensorOffsets(tensors, dataBytes, source.name));
  const isOurs = isCheckpointMetadata(metadata);
  const checkpoint = isOurs ? describeCheckpoint(metadata, tensors, passes, source.name, damage) : undefined;
  const isShown = ([key]: readonly [string, string]) => !checkpoint || !checkpointKeys.includes(key);
  return {
    kind: "safetensors",
    headerBytes,
    tensors: tensors.map(({ name, dtype, shape, begin, end }) => {
      const values = passes?.get(name)?.statistics.result();
      return { name, dtype, shape, bytes: end - begin, ...(values && { values }) };
    }),
    elements: tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
    metadata: Object.fromEntries(Object.entries(metadata).filter(isShown)),
    ...(checkpoint && { checkpoint }),
    damage: damage.report(),
  };
}

/** Metadata that a checkpoint's report has in a form of its own. */
const checkpointKeys: readonly string[] = ["format", "definition", "config", "progress", "checksums"];

async function readTensors(source: ByteSource, damage: DamageLog) {
  let header: ReturnType<typeof parseSafetensorsHeader> | undefined;
  let passes: ReadonlyMap<string, Pass> | undefined;
  let feed = (_: Uint8Array, __: number): void => {};
  let pieces: Uint8Array[] = [];
  let length = 0;
  let dataStart: number | undefined;
  for await (const chunk of source.stream()) {
    const at = length;
    length += chunk.length;
    if (dataStart !== undefined && header) {
      feed(chunk, at - dataStart);
      continue;
    }
    pieces.push(chunk);
    if (length < 8) continue;
    dataStart ??= damage.attempt(() =>
      safetensorsDataStart(joinBytes(pieces), source.byteLength ?? Number.POSITIVE_INFINITY, source.name),
    );
    if (dataStart === undefined) break; // without its length nothing can be told of the rest
    if (length < dataStart) continue;
    const head = joinBytes(pieces);
    pieces = [];
    const parsed = damage.attempt(() => parseSafetensorsHeader(head.subarray(8, dataStart), source.name));
    if (!parsed) break;
    header = parsed;
    passes = damage.attempt(() => preparePasses(parsed.tensors, source.name));
    if (passes) feed = feeder([...passes.values()]);
    feed(head.subarray(dataStart), 0);
  }
  if (dataStart !== undefined && length < dataStart) {
    damage.add({
      fault: `the file ends after ${length} bytes, within its header, which ends at ${dataStart}`,
    });
  }
  return { header, passes, headerBytes: (dataStart ?? 8) - 8, dataBytes: length - (dataStart ?? length) };
}

/** The tensors in the order of their data; an error where they do not lie one after the other. */
function preparePasses(tensors: readonly TensorInfo[], name: string): ReadonlyMap<string, Pass> {
  checkTensorOffsets(
    tensors,
    tensors.reduce((most, { end }) => Math.max(most, end), 0),
    name,
  );
  const sorted = [...tensors].sort((a, b) => a.begin - b.begin || a.end - b.end);
  return new Map(
    sorted.map((info) => [info.name, { info, statistics: tensorStatistics(info.dtype), crc: 0 }]),
  );
}

/** A function that gives each tensor its bytes of a piece of the data that begins at `from`. */
function feeder(passes: readonly Pass[]): (bytes: Uint8Array, from: number) => void {
  let current = 0;
  return (bytes, from) => {
    const to = from + bytes.length;
    for (let pass = passes[current]; pass && pass.info.begin < to; pass = passes[current]) {
      const part = bytes.subarray(Math.max(pass.info.begin - from, 0), pass.info.end - from);
      pass.statistics.add(part);
      pass.crc = crc32c(part, 0, part.length, pass.crc);
      if (pass.info.end > to) return;
      current++;
    }
  };
}

function describeCheckpoint(
  metadata: Readonly<Record<string, string>>,
  tensors: readonly TensorInfo[],
  passes: ReadonlyMap<string, Pass> | undefined,
  name: string,
  damage: DamageLog,
): CheckpointReport | undefined {
  const about = damage.attempt(() => parseCheckpointMetadata(metadata, name));
  if (!about) return undefined;
  const { definition, config, progress, checksums } = about;
  for (const [tensor, { crc }] of passes ?? []) {
    if (crc === checksums[tensor]) continue;
    damage.add({ fault: `tensor "${tensor}": CRC is ${hex(crc)}, expected ${hex(checksums[tensor])}` });
  }
  return damage.attempt(() => {
    const network = buildNetwork(definition);
    const expected = new Map(network.parameters.map((one) => [fullName(network, one), one]));
    damage.attempt(() =>
      checkTensors(expected, { tensors: new Map(tensors.map((one) => [one.name, one])) }, name),
    );
    const optimizerTensors = tensors.filter((one) => !expected.has(one.name)).length;
    return { definition, config, progress, parameters: parameterCount(network), optimizerTensors };
  });
}

const hex = (crc: number | undefined): string =>
  typeof crc === "number" ? `0x${crc.toString(16).padStart(8, "0")}` : "none";
