import { existsSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { decodeCheckpoint } from "../checkpoint.ts";
import { MnistError } from "../core/errors.ts";
import { models } from "../lenet.ts";
import { augmentationDefaults } from "../nn/augmentation.ts";
import { type ModelDefinition, parseDefinition } from "../nn/definition.ts";
import { optimizerDefaults } from "../nn/optimizers.ts";
import { scheduleDefaults } from "../nn/schedules.ts";
import { presets } from "../presets.ts";
import type { ConfigChanges, TrainingConfig } from "../trainingConfig.ts";
import { resolveModel } from "./model.ts";
import { isModuleFile, readModuleFile } from "./moduleFile.ts";
import { readWeights } from "./runs.ts";
import { specOf } from "./spec.ts";

/** What `--config` says of a training. */
export interface ConfigFile {
  /** What a run with this configuration is called. */
  readonly runName: string;
  readonly preset?: string;
  readonly definition?: ModelDefinition;
  /** As `--data` takes them. */
  readonly data?: readonly string[];
  /** As `--validation-data` takes them. */
  readonly validationData?: readonly string[];
  /** A configuration that leaves nothing open: a checkpoint's. */
  readonly config?: TrainingConfig;
  readonly changes: ConfigChanges;
}

/**
 * Reads `--config`: a `.json`, `.js` or `.ts` file, or a checkpoint or a run's folder, whose model and configuration are
 * taken. Paths in a file are relative to its folder.
 *
 * @throws MnistError that begins with the file's name and the key.
 */
export async function readConfigFile(name: string, cwd: string): Promise<ConfigFile> {
  const path = resolve(cwd, name);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (isFolder || name.endsWith(".safetensors")) {
    const weights = await readWeights(name, cwd);
    const { definition, config } = decodeCheckpoint(weights.bytes, weights.name);
    const folder = isFolder ? path : dirname(path);
    const run = basename(folder) === "checkpoints" ? dirname(folder) : folder;
    return { runName: basename(run), definition, config, changes: {} };
  }
  if (!isModuleFile(name)) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--config: expected a file that ends in .json, .js, .ts or .safetensors, or a run's folder, found "${name}"`,
    );
  }
  const value = await readModuleFile(name, "config", cwd);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MnistError("BAD_ARGUMENT", `${name}: expected an object of settings, found ${shown(value)}`);
  }
  const { preset, model, data, validationData, ...settings } = value as Record<string, unknown>;
  return {
    runName: basename(path, extname(path)),
    ...(preset !== undefined && { preset: presetName(preset, `${name}: preset`) }),
    ...(model !== undefined && { definition: await definitionOf(model, name, cwd) }),
    ...(data !== undefined && { data: dataOf(data, "data", name) }),
    ...(validationData !== undefined && { validationData: dataOf(validationData, "validationData", name) }),
    changes: changesOf(settings, name),
  };
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 60) ?? typeof value;
}

/** @throws MnistError `BAD_ARGUMENT` that begins with `where`, unless `value` is a preset's name. */
export function presetName(value: unknown, where: string): keyof typeof presets {
  if (typeof value === "string" && Object.hasOwn(presets, value)) return value as keyof typeof presets;
  const names = Object.keys(presets).join(", ");
  throw new MnistError("BAD_ARGUMENT", `${where}: expected one of ${names}, found ${shown(value)}`);
}

/** A model's name, a file's, or the definition itself. */
async function definitionOf(model: unknown, file: string, cwd: string): Promise<ModelDefinition> {
  if (typeof model !== "string") return parseDefinition(model, `${file}: model`);
  return resolveModel(Object.hasOwn(models, model) ? model : besideFile(model, file), cwd);
}

function dataOf(data: unknown, key: string, file: string): readonly string[] {
  const list: unknown[] = Array.isArray(data) ? data : [data];
  const texts = list.filter((one) => typeof one === "string");
  if (texts.length !== list.length || texts.length === 0) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `${file}: ${key}: expected a folder, a file, a pattern or a URL, or a list of them, found ${shown(data)}`,
    );
  }
  return texts.map((one) => (/^https?:\/\//i.test(one) ? one : besideFile(one, file)));
}

function besideFile(path: string, file: string): string {
  return resolve(path) === path ? path : join(dirname(file), path);
}

type Parse<T> = (value: unknown, where: string) => T;

const number: Parse<number> = (value, where) => {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new MnistError("BAD_ARGUMENT", `${where}: expected a number, found ${shown(value)}`);
};
const numberOrNull: Parse<number | null> = (value, where) => {
  if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
  throw new MnistError(
    "BAD_ARGUMENT",
    `${where}: expected a number, or null for none, found ${shown(value)}`,
  );
};

const fields: {
  readonly [Key in keyof Required<TrainingConfig>]: Parse<NonNullable<TrainingConfig[Key]> | null>;
} = {
  batchSize: number,
  epochs: number,
  steps: number,
  optimizer: (value, where) => specOf(where, value, optimizerDefaults),
  learningRate: number,
  schedule: (value, where) => specOf(where, value, scheduleDefaults),
  warmUpEpochs: number,
  weightDecay: number,
  // Its names are checked with the whole configuration.
  loss: (value) => value as TrainingConfig["loss"],
  labelSmoothing: number,
  clipNorm: numberOrNull,
  averageDecay: number,
  augment: (value, where) => specOf(where, value, augmentationDefaults),
  patience: numberOrNull,
  seed: number,
  validationCount: number,
  shuffleBuffer: number,
};

function changesOf(settings: Readonly<Record<string, unknown>>, file: string): ConfigChanges {
  const entries = Object.entries(settings).map(([key, value]) => {
    if (Object.hasOwn(fields, key)) {
      return [key, fields[key as keyof typeof fields](value, `${file}: ${key}`)];
    }
    const known = ["preset", "model", "data", "validationData", ...Object.keys(fields)].join(", ");
    throw new MnistError("BAD_ARGUMENT", `${file}: ${key}: there is no such setting; there are ${known}`);
  });
  return Object.fromEntries(entries) as ConfigChanges;
}
