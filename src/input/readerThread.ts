import type { ByteSource, SourceOrigin } from "../core/bytes.ts";
import { type ErrorCode, MnistError } from "../core/errors.ts";
import { mnistSize } from "../formats/mnistIdx.ts";
import type { DecodePicture } from "../image/picture.ts";
import { epochBatches } from "../input.ts";
import type { Damage, EpochOptions } from "./options.ts";

/** What a reading thread is told. */
export type ToReader =
  | {
      readonly type: "read";
      readonly sources: readonly SourceOrigin[];
      readonly options: Omit<EpochOptions, "sources" | "onDamage">;
      /** Parcels that may be on their way at once. */
      readonly ahead: number;
    }
  /** A parcel was used up; its arrays come back to be filled again. */
  | { readonly type: "more"; readonly parcel: Parcel };

/** Room for some batches, which follow each other. */
export interface Parcel {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
}

/** What a reading thread tells. */
export type FromReader =
  | { readonly type: "ready" }
  /** Some batches, of so many examples each. */
  | { readonly type: "parcel"; readonly parcel: Parcel; readonly counts: readonly number[] }
  | { readonly type: "damage"; readonly damage: Damage }
  | { readonly type: "end" }
  | { readonly type: "error"; readonly code: ErrorCode | undefined; readonly message: string };

/** A message costs what some hundred pictures cost: small batches go together. */
const parcelExamples = 512;

const pixels = mnistSize * mnistSize;

/** What a thread has of its own: where it can open sources, and how it decodes pictures. */
export interface ReaderHost {
  open(origin: SourceOrigin): ByteSource;
  readonly decodePicture: DecodePicture;
  post(message: FromReader, transfer: Transferable[]): void;
}

/** The work of a reading thread: gives what it answers messages with. */
export function createReader(host: ReaderHost): (message: ToReader) => void {
  /** How many parcels may be made yet, and those that came back. */
  let free = 0;
  let returned: Parcel[] = [];
  let proceed: (() => void) | undefined;

  const parcelFor = async (examples: number): Promise<Parcel> => {
    for (;;) {
      const parcel = returned.pop();
      if (parcel !== undefined) return parcel;
      if (free > 0) {
        free--;
        return { images: new Uint8Array(examples * pixels), labels: new Int32Array(examples) };
      }
      await new Promise<void>((resolve) => {
        proceed = resolve;
      });
    }
  };
  const send = (parcel: Parcel, counts: readonly number[]): void =>
    host.post({ type: "parcel", parcel, counts }, [parcel.images.buffer, parcel.labels.buffer]);

  const read = async ({ sources, options }: Extract<ToReader, { type: "read" }>): Promise<void> => {
    const onDamage = (damage: Damage): void => host.post({ type: "damage", damage }, []);
    const all = { ...options, sources: sources.map((origin) => host.open(origin)), onDamage };
    const { batchSize } = options;
    const batchesEach = Math.ceil(parcelExamples / batchSize);
    let parcel: Parcel | undefined;
    let counts: number[] = [];
    let examples = 0;
    for await (const { images, labels, count } of epochBatches(all, host.decodePicture)) {
      parcel ??= await parcelFor(batchesEach * batchSize);
      parcel.images.set(images, examples * pixels);
      parcel.labels.set(labels, examples);
      counts.push(count);
      examples += count;
      if (counts.length < batchesEach) continue;
      send(parcel, counts);
      parcel = undefined;
      counts = [];
      examples = 0;
    }
    if (parcel) send(parcel, counts);
  };

  return (message) => {
    if (message.type === "more") {
      returned.push(message.parcel);
      proceed?.();
      return;
    }
    free = message.ahead;
    returned = []; // they may have another size
    read(message).then(
      () => host.post({ type: "end" }, []),
      (error: unknown) => {
        const code = error instanceof MnistError ? error.code : undefined;
        const text = error instanceof Error ? error.message : String(error);
        host.post({ type: "error", code, message: text }, []);
      },
    );
  };
}
