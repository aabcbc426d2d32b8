/** What of WebAssembly the host has that the kernels want, asked by validating the smallest module that uses it. */

// Every module begins with "\0asm" and version 1; sections follow as id, length, content.
const preamble = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Type section: one type, () -> v128. */
const typeVector = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
/** Type section: one type, () -> (). */
const typeNothing = [0x01, 0x04, 0x01, 0x60, 0x00, 0x00];
/** Function section: one function, of type 0. */
const oneFunction = [0x03, 0x02, 0x01, 0x00];
/** i32.const 0, i8x16.splat */
const zeroVector = [0x41, 0x00, 0xfd, 0x0f];
const end = 0x0b;

/** Code section with one function without locals; all lengths here fit one byte. */
function code(...instructions: readonly number[]): number[] {
  const body = [0x00, ...instructions, end];
  return [0x0a, body.length + 2, 0x01, body.length, ...body];
}

function isValid(...sections: readonly (readonly number[])[]): boolean {
  return (
    typeof WebAssembly === "object" && WebAssembly.validate(new Uint8Array([...preamble, ...sections.flat()]))
  );
}

/** Vectors of 128 bits: `i8x16.popcnt`, one of the last to be standardised. */
export function hasSimd(): boolean {
  return isValid(typeVector, oneFunction, code(...zeroVector, 0xfd, 0x62));
}

/** Relaxed SIMD: `f32x4.relaxed_madd`, opcode 0x105. */
export function hasRelaxedSimd(): boolean {
  return isValid(
    typeVector,
    oneFunction,
    code(...zeroVector, ...zeroVector, ...zeroVector, 0xfd, 0x85, 0x02),
  );
}

/** Shared memory and atomics: a memory of one page at most (flags 3: shared, with maximum), `i32.atomic.load`. */
export function hasSharedMemory(): boolean {
  const sharedMemory = [0x05, 0x04, 0x01, 0x03, 0x01, 0x01];
  return isValid(typeNothing, oneFunction, sharedMemory, code(0x41, 0x00, 0xfe, 0x10, 0x02, 0x00, 0x1a));
}
