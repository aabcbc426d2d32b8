import type { OutputFolder, PendingFile } from "./core/outputFolder.ts";
import type { DataFormat } from "./dataFormat.ts";
import { recordBytes, writeRecord } from "./formats/tfrecord.ts";

/** A TFRecord file that is being written. */
export interface RecordFile extends Omit<PendingFile, "write"> {
  /** Adds a record that holds `data`; gives a promise where it must be waited for before the next one. */
  append(data: Uint8Array): Promise<void> | undefined;
}

/** What a file's records are gathered in; large enough that a write costs what its bytes cost. */
const bufferBytes = 1 << 17;

/** Begins a TFRecord file in `output`; memory holds two buffers of it. */
export async function beginRecordFile(
  output: OutputFolder,
  name: string,
  compression: DataFormat["compression"],
): Promise<RecordFile> {
  const pending = await output.begin(name);
  const file = compression === "none" ? pending : compressed(pending, compression);
  let buffer = new Uint8Array(bufferBytes);
  let used = 0;
  let writing = Promise.resolve();
  /** Hands the buffer on and begins another one of `room`; what is written waits only for the write before it. */
  const flush = async (room: number): Promise<void> => {
    const full = buffer.subarray(0, used);
    buffer = new Uint8Array(Math.max(bufferBytes, room));
    used = 0;
    await writing;
    writing = file.write(full);
    writing.catch(() => {}); // told of by the next one, or by finish
  };
  const put = (data: Uint8Array): void => {
    used = writeRecord(data, buffer, used);
  };
  return {
    append(data) {
      const size = recordBytes(data.length);
      if (used + size > buffer.length) return flush(size).then(() => put(data));
      put(data);
      return undefined;
    },
    async finish() {
      await flush(0);
      await writing;
      return file.finish();
    },
    commit: () => file.commit(),
    async discard() {
      await writing.catch(() => {});
      await file.discard();
    },
  };
}

/** A file of which only the compressed bytes are written. Browsers have the compressor, too. */
function compressed(file: PendingFile, compression: "gzip" | "zlib"): PendingFile {
  const { readable, writable } = new CompressionStream(compression === "gzip" ? "gzip" : "deflate");
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const pump = async (): Promise<void> => {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      await file.write(chunk.value);
    }
  };
  const pumping = pump();
  // Else who writes would wait for ever for bytes that nobody takes.
  pumping.catch((error: unknown) => writer.abort(error).catch(() => {}));
  return {
    write: (bytes) => writer.write(bytes as Uint8Array<ArrayBuffer>),
    async finish() {
      await writer.close();
      await pumping;
      return file.finish();
    },
    commit: () => file.commit(),
    async discard() {
      await writer.abort().catch(() => {});
      await pumping.catch(() => {});
      await file.discard();
    },
  };
}
