import { MnistError } from "../core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { EngineOptions } from "../predict.ts";
import { parseNumber } from "./spec.ts";
import type { Io } from "./terminal.ts";

type Variant = Engine["variant"];

/** Flags of every command that computes, and of the program itself. */
export interface EngineFlags {
  readonly threads?: string;
  readonly engine?: string;
  readonly debug?: boolean;
}

/** The help of `--engine`. */
export const engineHelp = "relaxed, simd128 or reference (default: the fastest that there is)";

const variants: readonly Variant[] = ["relaxed", "simd128", "reference"];

/** @throws MnistError `BAD_ARGUMENT`. */
export function engineOptions({ threads, engine }: EngineFlags): EngineOptions {
  const count = threads === undefined ? undefined : parseNumber("--threads", threads);
  if (count !== undefined && (!Number.isInteger(count) || count < 1 || count > 64)) {
    throw new MnistError("BAD_ARGUMENT", `--threads: expected a whole number from 1 to 64, found ${threads}`);
  }
  const variant = engine === undefined ? undefined : variants.find((one) => one === engine);
  if (engine !== undefined && variant === undefined) {
    throw new MnistError(
      "BAD_ARGUMENT",
      `--engine: expected one of ${variants.join(", ")}, found "${engine}"`,
    );
  }
  return { ...(count !== undefined && { threads: count }), ...(variant && { variant }) };
}

/** What of WebAssembly a host has. */
export interface HostFeatures {
  readonly simd: boolean;
  readonly sharedMemory: boolean;
  readonly relaxedSimd: boolean;
}

/** What computes, as `mnist --version --json` tells it. */
export type EngineAbout = Pick<Engine, "variant" | "threads">;

/** What this host computes on unless flags say otherwise. */
export async function defaultEngine(): Promise<EngineAbout> {
  const [{ bestVariant }, { enableRelaxedSimd, threadCount }] = await Promise.all([
    import("../engine/wasmBackend.ts"),
    import("../node/threads.ts"),
  ]);
  enableRelaxedSimd();
  const variant = bestVariant() ?? "reference";
  return { variant, threads: variant === "reference" ? 1 : threadCount() };
}

/** For `--debug`: one line on what computes, and on why it is not something faster. */
export async function noteEngine(found: EngineAbout, flags: EngineFlags, io: Io): Promise<void> {
  const { hasRelaxedSimd, hasSharedMemory, hasSimd } = await import("../engine/features.ts");
  const { threads } = await defaultEngine();
  const wanted = { variant: flags.engine, threads: Number(flags.threads ?? threads) };
  const features = { simd: hasSimd(), sharedMemory: hasSharedMemory(), relaxedSimd: hasRelaxedSimd() };
  io.stderr.write(`${describeEngine(found, wanted, features)}\n`);
}

/** `engine: simd128, 2 threads (this Node lacks relaxed SIMD)`. */
export function describeEngine(
  found: EngineAbout,
  wanted: { readonly variant: string | undefined; readonly threads: number },
  { simd, sharedMemory, relaxedSimd }: HostFeatures,
): string {
  const lacks = [
    ...(simd ? [] : ["128-bit SIMD"]),
    ...(sharedMemory ? [] : ["shared memory"]),
    ...(relaxedSimd ? [] : ["relaxed SIMD"]),
  ];
  const reasons: string[] = [];
  if (found.variant === wanted.variant) reasons.push("as --engine asks");
  else if (lacks.length > 0) reasons.push(`this Node lacks ${lacks.join(", ")} in WebAssembly`);
  if (found.threads < wanted.threads) {
    reasons.push(
      found.variant === "reference"
        ? "the reference has no threads"
        : `${wanted.threads} threads are wanted, and no more could be started`,
    );
  }
  const threads = `${found.threads} thread${found.threads === 1 ? "" : "s"}`;
  return `engine: ${found.variant}, ${threads}${reasons.length > 0 ? ` (${reasons.join("; ")})` : ""}`;
}
