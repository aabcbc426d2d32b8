import { describe, expect, test } from "vitest";
import { inOrder } from "../../src/cli/predictQueue.ts";

async function* upTo(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i;
}

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe("inOrder", () => {
  test("gives results in the items' order, whichever is ready first, and works on so many at a time", async () => {
    let [running, most] = [0, 0];
    const finished: number[] = [];
    const found: number[] = [];
    const work = async (item: number): Promise<number> => {
      most = Math.max(most, ++running);
      await turns(item % 3 === 0 ? 9 : 1);
      running--;
      finished.push(item);
      return item * 10;
    };
    for await (const result of inOrder(upTo(30), 3, work)) found.push(result);
    expect(found).toEqual(Array.from({ length: 30 }, (_, i) => i * 10));
    expect(most).toBe(3);
    expect(finished).not.toEqual([...finished].sort((a, b) => a - b));
  });

  test("goes on beside a slow one, but not without an end", async () => {
    let started = 0;
    let release = (): void => {};
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    const results = inOrder(upTo(1000), 2, async (item) => {
      started++;
      if (item === 0) await first;
      return item;
    });
    const next = results.next();
    await turns(500);
    expect(started).toBeGreaterThan(10);
    expect(started).toBeLessThanOrEqual(32);
    release();
    expect((await next).value).toBe(0);
    let count = 1;
    for await (const _ of results) count++;
    expect(count).toBe(1000);
  });

  test("ends with the error of an item or of the work, after what came before", async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      yield 2;
      throw new Error("no more");
    }
    const found: number[] = [];
    const all = async (items: AsyncIterable<number>, work: (item: number) => Promise<number>) => {
      for await (const result of inOrder(items, 2, work)) found.push(result);
    };
    await expect(all(broken(), async (item) => item)).rejects.toThrow("no more");
    expect(found).toEqual([1, 2]);
    const refuse = async (item: number) => {
      if (item === 1) throw new Error("disk full");
      return item;
    };
    await expect(all(upTo(9), refuse)).rejects.toThrow("disk full");
    expect(found).toEqual([1, 2, 0]);
  });

  test("takes no more items once it is left", async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<number> {
      for (;;) yield taken++;
    }
    for await (const result of inOrder(endless(), 2, async (item) => item)) if (result === 3) break;
    const then = taken;
    await turns(20);
    expect(taken).toBeLessThanOrEqual(then + 1);
  });
});
