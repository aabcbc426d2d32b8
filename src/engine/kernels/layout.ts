// Where the engine's own things lie in memory, below the tensors; in bytes. Read by AssemblyScript and TypeScript
// alike. Each control word has a cache line of its own, so that waiting on one does not slow down another.

/** What the threads shall do: sequence number * 256 + number of threads that take part. */
export const JOB = 64;
/** The cell where the job's program begins. */
export const PROGRAM = 128;
/** How many workers have started; the next one takes this + 1 as its thread number. */
export const STARTED = 192;
/** 1 once the workers shall return. */
export const STOP = 256;
/** How many threads have come to the barrier. */
export const ARRIVED = 320;
/** How often the barrier has opened. */
export const GENERATION = 384;
/** How many threads sleep at the barrier. */
export const BARRIER_SLEEPERS = 448;
/** How many workers sleep until the next job. */
export const JOB_SLEEPERS = 512;
/** 1 where thread 0 must not sleep: the main thread of a browser page. */
export const HOST_SPINS = 576;

/** Where the scratch of thread 0 begins; that of thread t is t * SCRATCH_BYTES further. */
export const SCRATCH_START = 1024;

// Inside a thread's scratch:

/** One 6x8 tile, for the edges of a matrix. */
export const EDGE_TILE = 0;
/** Addresses of the pixels of a tile. */
export const PIXEL_TABLE = 256;
export const PIXEL_TABLE_ENTRIES = 512;
/** The right-hand matrix, packed into panels of 8 columns. */
export const PACKED = 4096;
export const PACKED_CELLS = 262144;
/** A part of an image with its padding. */
export const PATCH = PACKED + PACKED_CELLS * 4;
export const PATCH_CELLS = 131072;
export const SCRATCH_BYTES = PATCH + PATCH_CELLS * 4 + 4096;
