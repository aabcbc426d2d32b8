import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ByteSource } from "../core/bytes.ts";
import { MnistError } from "../core/errors.ts";
import { fileSource } from "../node/files.ts";
import { preparedFiles } from "../prepare.ts";
import type { Io } from "./terminal.ts";

/** Where `mnist prepare` writes and the other commands read unless told otherwise. */
export const defaultDataFolder = "data/mnist";

/**
 * The TFRecords of one split: in a folder that `mnist prepare` wrote, or a file of one's own.
 *
 * @throws MnistError `NOT_FOUND`, saying what to run.
 */
export function dataSources(data: string, split: "train" | "test", io: Io): readonly ByteSource[] {
  const path = resolve(io.cwd, data);
  if (data.endsWith(".tfrecord") || data.endsWith(".tfrecords")) return [fileSource(path)];
  const file = join(path, preparedFiles[split]);
  if (!existsSync(file)) {
    const where = data === defaultDataFolder ? "" : ` --output ${data}`;
    throw new MnistError(
      "NOT_FOUND",
      `${join(data, preparedFiles[split])}: there is no such file; run mnist prepare${where} first`,
    );
  }
  return [fileSource(file)];
}
