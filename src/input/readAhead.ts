import type { ByteSource } from "../core/bytes.ts";

/** The same bytes, each chunk asked for while the one before it is worked on. */
export function readAhead(source: ByteSource): ByteSource {
  return {
    name: source.name,
    get byteLength() {
      return source.byteLength;
    },
    async *stream() {
      const chunks = source.stream()[Symbol.asyncIterator]();
      const request = (): Promise<IteratorResult<Uint8Array>> => {
        const next = chunks.next();
        next.catch(() => {}); // It is awaited below, unless the consumer stops first.
        return next;
      };
      try {
        let next = request();
        for (;;) {
          const result = await next;
          if (result.done) return;
          next = request();
          yield result.value;
        }
      } finally {
        await chunks.return?.();
      }
    },
  };
}
