import type { RunFolder } from "../core/runFolder.ts";
import { createEventEncoder, eventFileName } from "../formats/events.ts";
import type { SummaryValue } from "../formats/summary.ts";

/** Who writes event files, and where. */
export interface EventWriterOptions {
  readonly folder: RunFolder;
  /** Seconds since 1970. */
  readonly now: () => number;
  /** Parts of the files' names. */
  readonly host: string;
  readonly pid: number;
}

/** Writes one event file, begun with what it is first given; all is in the file when a call returns. */
export interface EventWriter {
  /** Says that a process begins at `step`: what the run's earlier files have of it and of later steps is dropped. */
  start(step: number): Promise<void>;
  graph(step: number, graph: Uint8Array): Promise<void>;
  values(step: number, values: readonly SummaryValue[]): Promise<void>;
}

/** Tells apart the event files that one process begins in the same second. */
let writers = 0;

/** A writer for the run `run`, a subfolder. Each has a file of its own: one that was cut off is never gone on with. */
export function createEventWriter(run: string, { folder, now, host, pid }: EventWriterOptions): EventWriter {
  const encoder = createEventEncoder();
  let file: string | undefined;
  const append = async (record: (wallTime: number) => Uint8Array): Promise<void> => {
    const wallTime = now();
    if (file === undefined) {
      file = `${run}/${eventFileName({ seconds: wallTime, host, pid, n: writers++ })}`;
      await folder.append(file, encoder.fileVersion(wallTime));
    }
    await folder.append(file, record(wallTime));
  };
  return {
    start: (step) => append((wallTime) => encoder.sessionStart({ wallTime, step })),
    graph: (step, graph) => append((wallTime) => encoder.graph({ wallTime, step }, graph)),
    values: (step, values) => append((wallTime) => encoder.summary({ wallTime, step, values })),
  };
}
