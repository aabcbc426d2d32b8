import { MnistError } from "../core/errors.ts";
import type { EngineOptions } from "../predict.ts";
import { parseNumber } from "./spec.ts";

/** Flags of every command that computes. */
export interface EngineFlags {
  readonly threads?: string;
}

export function engineOptions({ threads }: EngineFlags): EngineOptions {
  if (threads === undefined) return {};
  const count = parseNumber("--threads", threads);
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    throw new MnistError("BAD_ARGUMENT", `--threads: expected a whole number from 1 to 64, found ${threads}`);
  }
  return { threads: count };
}
