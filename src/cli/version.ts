import { defaultEngine, type EngineAbout } from "./engine.ts";

/** What `mnist --version --json` prints, for reports of bugs and benchmarks. */
export interface VersionReport {
  readonly version: string;
  /** What computes unless flags say otherwise. */
  readonly engine: EngineAbout;
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
}

export async function describeVersion(version: string): Promise<VersionReport> {
  const { versions, platform, arch } = process;
  return { version, engine: await defaultEngine(), node: versions.node, platform, arch };
}
