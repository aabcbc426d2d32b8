import type { Clock } from "../../src/node/clock.ts";

/** A clock on which waiting takes no time; what was waited for is in `waits`, in milliseconds. */
export interface TestClock extends Clock {
  readonly waits: number[];
  /** Rings the alarms that were set to this many milliseconds. */
  ring(ms: number): void;
}

export function testClock(start = Date.now()): TestClock {
  const alarms = new Set<{ readonly ms: number; readonly ring: () => void }>();
  const waits: number[] = [];
  let now = start;
  return {
    waits,
    now: () => now,
    async wait(ms, signal) {
      signal?.throwIfAborted();
      waits.push(ms);
      now += ms;
    },
    alarm(ms, ring) {
      const alarm = { ms, ring };
      alarms.add(alarm);
      return () => void alarms.delete(alarm);
    },
    ring(ms) {
      for (const alarm of alarms) if (alarm.ms === ms && alarms.delete(alarm)) alarm.ring();
    },
  };
}
