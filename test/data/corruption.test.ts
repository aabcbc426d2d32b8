import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/bytes.ts";
import { MnistError } from "../../src/core/errors.ts";
import { createRandom, type Random } from "../../src/core/random.ts";
import { decodeExample, encodeExample } from "../../src/formats/example.ts";
import { encodeRecord, readRecords } from "../../src/formats/tfrecord.ts";
import type { Damage } from "../../src/input/options.ts";
import { epochBatches } from "../../src/input.ts";
import { slimRecords } from "./slimRecords.ts";
import { realDigits } from "./smallMnist.ts";

const digits = realDigits(6);
const plain = new Uint8Array(Buffer.concat([...slimRecords(digits)]));

/** Where each record begins, and the end. */
const boundaries: number[] = [];
for await (const records of readRecords(bytesSource("whole", plain))) {
  for (const { offset } of records) boundaries.push(offset);
}
boundaries.push(plain.length);

const half = boundaries[3] ?? 0;
const members = [plain.subarray(0, half), plain.subarray(half)].map((part) => new Uint8Array(gzipSync(part)));
const files: Readonly<Record<string, { bytes: Uint8Array; boundaries: readonly number[] }>> = {
  plain: { bytes: plain, boundaries },
  gzip: {
    bytes: new Uint8Array(Buffer.concat(members)),
    boundaries: [0, members[0]?.length ?? 0, members.reduce((sum, { length }) => sum + length, 0)],
  },
  zlib: { bytes: new Uint8Array(deflateSync(plain)), boundaries: [0] },
};

/** Each example as text, with its label. */
const originals = Array.from({ length: digits.count }, (_, i) =>
  textOf(digits.images.subarray(i * 784, (i + 1) * 784), digits.labels[i] ?? -1),
);

function textOf(image: Uint8Array, label: number): string {
  return `${label} ${Buffer.from(image).toString("latin1")}`;
}

/**
 * Damages a copy: a flipped bit, a cut, bytes put in or a part doubled. A file that is cut exactly between two records is
 * a whole file with fewer of them, which nothing can tell: such places are left out.
 */
function corrupt(
  { bytes, boundaries: whole }: { bytes: Uint8Array; boundaries: readonly number[] },
  random: Random,
): Uint8Array {
  const place = () => random.below(bytes.length);
  const inside = (): number => {
    const at = place();
    return whole.includes(at) ? inside() : at;
  };
  switch (random.below(4)) {
    case 0: {
      const copy = bytes.slice();
      for (let flips = 1 + random.below(3); flips > 0; flips--) copy[place()]! ^= 1 << random.below(8);
      return copy;
    }
    case 1:
      return bytes.slice(0, inside());
    case 2: {
      const at = inside();
      const added = Uint8Array.from({ length: 1 + random.below(40) }, () => random.below(256));
      return new Uint8Array(Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]));
    }
    default: {
      const at = inside();
      const end = Math.min(bytes.length, at + 1 + random.below(600));
      return new Uint8Array(Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]));
    }
  }
}

async function read(bytes: Uint8Array, chunkBytes: number, onCorrupt: "fail" | "skip") {
  const examples: string[] = [];
  const damage: Damage[] = [];
  const sources = [bytesSource("damaged", bytes, chunkBytes)];
  let error: unknown;
  try {
    const onDamage = (one: Damage) => void damage.push(one);
    for await (const batch of epochBatches({ sources, batchSize: 4, onCorrupt, onDamage })) {
      for (let i = 0; i < batch.count; i++) {
        examples.push(textOf(batch.images.subarray(i * 784, (i + 1) * 784), batch.labels[i] ?? -1));
      }
    }
  } catch (thrown) {
    error = thrown;
  }
  return { examples, damage, error };
}

describe("of 10,000 damaged files", () => {
  const seeds = { plain: 1, gzip: 2, zlib: 3 };
  test.each(["plain", "gzip", "zlib"] as const)("none passes unnoticed: %s", async (kind) => {
    const file = files[kind];
    if (!file) throw new Error(kind);
    const whole = await read(file.bytes, 1000, "fail");
    expect(whole).toEqual({ examples: originals, damage: [], error: undefined });

    const random = createRandom(seeds[kind]);
    let noticed = 0;
    for (let trial = 0; trial < 3334; trial++) {
      const bytes = corrupt(file, random);
      const chunkBytes = 1 + random.below(2000);
      const failed = await read(bytes, chunkBytes, "fail");
      if (failed.error === undefined) expect(failed.examples).toEqual(originals);
      else {
        noticed++;
        expect(failed.error).toBeInstanceOf(MnistError);
        expect(failed.error).toMatchObject({
          code: "BAD_DATA",
          message: expect.stringMatching(/^damaged: record \d+ at offset [\d,]+/),
        });
      }
      const skipped = await read(bytes, chunkBytes, "skip");
      expect(skipped.error).toBeUndefined();
      expect(skipped.damage.length > 0).toBe(failed.error !== undefined);
      if (skipped.damage.length === 0) expect(skipped.examples).toEqual(originals);
      for (const example of skipped.examples) expect(originals).toContain(example);
    }
    // Compressed files have some bytes that mean nothing here: dates, checksums.
    expect(noticed).toBeGreaterThan(kind === "plain" ? 3333 : 3100);
  });

  test("nor does a tf.Example that is damaged below right checksums crash the reader", async () => {
    const random = createRandom(4);
    const payloads: Uint8Array[] = [];
    for await (const records of readRecords(bytesSource("whole", plain))) {
      payloads.push(...records.map(({ data }) => data));
    }
    let errors = 0;
    for (let trial = 0; trial < 3000; trial++) {
      const payload = payloads[trial % payloads.length] ?? new Uint8Array();
      const record = encodeRecord(corrupt({ bytes: payload, boundaries: [] }, random));
      const { error, examples } = await read(record, 1000, "fail");
      if (error === undefined) expect(examples).toHaveLength(1);
      else {
        errors++;
        expect(error).toBeInstanceOf(MnistError);
      }
      expect((await read(record, 1000, "skip")).examples).toHaveLength(error === undefined ? 1 : 0);
    }
    expect(errors).toBeGreaterThan(2000);
  });

  test("what is written again is read again", () => {
    // The oracle of the trials above: the decoder gives what the encoder was given.
    for (const start of boundaries.slice(0, -1)) {
      const length = new DataView(plain.buffer, plain.byteOffset).getUint32(start, true);
      const payload = plain.subarray(start + 12, start + 12 + length);
      expect(Buffer.compare(encodeExample(decodeExample(payload)), payload)).toBe(0);
    }
  });
});
