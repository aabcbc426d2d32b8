import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { openOutput } from "../../src/cli/openOutput.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mnist-output-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const asStream = (stream: PassThrough) => stream as unknown as NodeJS.WriteStream;
const noStream = (): never => {
  throw new Error("no stream is needed");
};

/** Both ends of a pipe that is not waited for. */
function pipe(name: string): { readonly from: number; readonly to: number } {
  const path = join(folder, name);
  execFileSync("mkfifo", [path]);
  const from = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { from, to: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
}

describe("openOutput", () => {
  test("writes to a file at once, without a stream", () => {
    const path = join(folder, "text");
    const file = openSync(path, "w");
    const output = openOutput(file, noStream, noStream);
    expect(output).toMatchObject({ isTTY: false, columns: 80 });
    output.write("7 ▏");
    expect(readFileSync(path, "utf8")).toBe("7 ▏");
    const flushed = vi.fn();
    output.flush(flushed);
    expect(flushed).toHaveBeenCalled();
    closeSync(file);
  });

  test.skipIf(process.platform === "win32")("leaves to the stream what a full pipe does not take", () => {
    const { from, to } = pipe("full");
    const rest = new PassThrough();
    const output = openOutput(to, () => asStream(rest), noStream);
    const text = "0123456789".repeat(20_000);
    output.write(text);
    output.write("end");
    const piped = Buffer.alloc(300_000);
    const length = readSync(from, piped, 0, piped.length, null);
    expect(length).toBeLessThan(text.length);
    expect(piped.toString("utf8", 0, length) + String(rest.read())).toBe(`${text}end`);
    closeSync(from);
    closeSync(to);
  });

  test.skipIf(process.platform === "win32")(
    "says where nobody reads any more, and loses what is written",
    () => {
      const { from, to } = pipe("closed");
      closeSync(from);
      const onClosed = vi.fn();
      const output = openOutput(to, noStream, onClosed);
      output.write("nobody");
      expect(onClosed).toHaveBeenCalledTimes(1);
      closeSync(to);
    },
  );

  test.skipIf(process.platform === "win32")(
    "gives what is neither file nor pipe to the stream, which is opened when it is used",
    () => {
      const device = openSync("/dev/null", "w");
      const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 120 });
      const open = vi.fn(() => asStream(stream));
      const output = openOutput(device, open, noStream);
      expect(open).not.toHaveBeenCalled();
      expect(output).toMatchObject({ isTTY: true, columns: 120 });
      output.write("7");
      expect(String(stream.read())).toBe("7");
      closeSync(device);
    },
  );
});
