// The twelve numbers that opcodes.ts calls WINDOW, read into variables of this thread's instance.
import { number } from "./vector";

export let images: i32 = 0;
export let height: i32 = 0;
export let width: i32 = 0;
export let channels: i32 = 0;
export let kernelHeight: i32 = 0;
export let kernelWidth: i32 = 0;
export let strideHeight: i32 = 0;
export let strideWidth: i32 = 0;
export let paddingTop: i32 = 0;
export let paddingLeft: i32 = 0;
export let outputHeight: i32 = 0;
export let outputWidth: i32 = 0;

/** Makes the window, of strides of 1, that of the convolution that takes the gradient of `filters` back to the input. */
export function turnWindow(filters: i32): void {
  let length = height;
  height = outputHeight;
  outputHeight = length;
  length = width;
  width = outputWidth;
  outputWidth = length;
  paddingTop = kernelHeight - 1 - paddingTop;
  paddingLeft = kernelWidth - 1 - paddingLeft;
  channels = filters;
}

/** Reads the window that begins at argument `first`. */
export function readWindow(args: usize, first: i32): void {
  images = number(args, first);
  height = number(args, first + 1);
  width = number(args, first + 2);
  channels = number(args, first + 3);
  kernelHeight = number(args, first + 4);
  kernelWidth = number(args, first + 5);
  strideHeight = number(args, first + 6);
  strideWidth = number(args, first + 7);
  paddingTop = number(args, first + 8);
  paddingLeft = number(args, first + 9);
  outputHeight = number(args, first + 10);
  outputWidth = number(args, first + 11);
}
