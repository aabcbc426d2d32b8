// How threads share a program: each kernel cuts its work into tasks by shape alone, and of these each thread takes a
// run of about the same length, so that what is computed does not depend on how many threads there are.
import {
  ARRIVED,
  BARRIER_SLEEPERS,
  GENERATION,
  HOST_SPINS,
  JOB,
  JOB_SLEEPERS,
  SCRATCH_BYTES,
  SCRATCH_START,
} from "./layout";

/**
 * How often a waiting thread looks before it sleeps: some 200 microseconds, which is longer than what lies between two
 * steps. Being woken costs about 50.
 */
const SPINS: i32 = 100000;

// Each thread has an instance of the module, and so these of its own.
let thread: i32 = 0;
let threads: i32 = 1;

export function setThread(self: i32, all: i32): void {
  thread = self;
  threads = all;
}

/** The first of this thread's tasks. */
export function firstTask(tasks: i32): i32 {
  return share(tasks, thread);
}

/** One past the last of this thread's tasks. */
export function endTask(tasks: i32): i32 {
  return share(tasks, thread + 1);
}

/** Where the tasks of thread `self` begin, when each has as many as another or one more. */
function share(tasks: i32, self: i32): i32 {
  return (tasks / threads) * self + min(tasks % threads, self);
}

/** The address of this thread's scratch. */
export function scratch(): usize {
  return SCRATCH_START + thread * SCRATCH_BYTES;
}

// What a thread must still know after it has waited is kept in globals, not in locals: the code that the baseline
// compiler of V8 11.3 (Node 20) makes loses locals here, and workers then took no part (seen with --liftoff-only).
let generation: i32 = 0;
let seen: i32 = 0;

/** Waits until every thread has come here. */
export function barrier(): void {
  if (threads == 1) return;
  generation = atomic.load<i32>(GENERATION);
  if (atomic.add<i32>(ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(ARRIVED, 0);
    atomic.add<i32>(GENERATION, 1);
    if (atomic.load<i32>(BARRIER_SLEEPERS) != 0) atomic.notify(GENERATION, -1);
    return;
  }
  for (let i = 0; i < SPINS; i++) {
    if (atomic.load<i32>(GENERATION) != generation) return;
  }
  if (thread == 0 && atomic.load<i32>(HOST_SPINS) != 0) {
    while (atomic.load<i32>(GENERATION) == generation) {}
    return;
  }
  atomic.add<i32>(BARRIER_SLEEPERS, 1);
  while (atomic.load<i32>(GENERATION) == generation) atomic.wait<i32>(GENERATION, generation, -1);
  atomic.sub<i32>(BARRIER_SLEEPERS, 1);
}

/** From here on {@link nextJob} waits for a job after the one that is published now. */
export function noteJob(): void {
  seen = atomic.load<i32>(JOB);
}

/** Waits until another job is published than the last one seen, and returns it. */
export function nextJob(): i32 {
  for (let i = 0; i < SPINS; i++) {
    if (atomic.load<i32>(JOB) != seen) break;
  }
  if (atomic.load<i32>(JOB) == seen) sleepUntilJob();
  seen = atomic.load<i32>(JOB);
  return seen;
}

function sleepUntilJob(): void {
  atomic.add<i32>(JOB_SLEEPERS, 1);
  while (atomic.load<i32>(JOB) == seen) atomic.wait<i32>(JOB, seen, -1);
  atomic.sub<i32>(JOB_SLEEPERS, 1);
}

/** Publishes `job` to the workers. */
export function publishJob(job: i32): void {
  atomic.store<i32>(JOB, job);
  if (atomic.load<i32>(JOB_SLEEPERS) != 0) atomic.notify(JOB, -1);
}
