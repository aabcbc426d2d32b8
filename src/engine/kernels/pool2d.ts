// Maximum and average pooling and their gradients: four channels at a time, an image a task.
import { endTask, firstTask } from "./threads";
import { address, storeFirst, zeroCells } from "./vector";
import {
  channels,
  height,
  images,
  kernelHeight,
  kernelWidth,
  outputHeight,
  outputWidth,
  paddingLeft,
  paddingTop,
  readWindow,
  strideHeight,
  strideWidth,
  width,
} from "./window";

// The part of a window that lies inside the image, as rows and columns of it.
let top: i32 = 0;
let bottom: i32 = 0;
let left: i32 = 0;
let right: i32 = 0;

function placeWindow(oy: i32, ox: i32): void {
  const y = oy * strideHeight - paddingTop;
  const x = ox * strideWidth - paddingLeft;
  top = max(y, 0);
  bottom = min(y + kernelHeight, height);
  left = max(x, 0);
  right = min(x + kernelWidth, width);
}

function windowPixels(): f32 {
  return <f32>(max(bottom - top, 0) * max(right - left, 0));
}

// @ts-ignore: decorator
@inline
function inputAt(image: i32, y: i32, x: i32): usize {
  return <usize>(((image * height + y) * width + x) * channels) << 2;
}

// @ts-ignore: decorator
@inline
function outputAt(image: i32, oy: i32, ox: i32): usize {
  return <usize>(((image * outputHeight + oy) * outputWidth + ox) * channels) << 2;
}

export function maxPool2d(args: usize): void {
  readWindow(args, 2);
  const x = address(args, 0);
  const y = address(args, 1);
  const end = endTask(images);
  for (let image = firstTask(images); image < end; image++) {
    for (let oy = 0; oy < outputHeight; oy++) {
      for (let ox = 0; ox < outputWidth; ox++) {
        placeWindow(oy, ox);
        const to = y + outputAt(image, oy, ox);
        for (let c = 0; c < channels; c += 4) {
          let largest = f32x4.splat(-Infinity);
          for (let iy = top; iy < bottom; iy++) {
            for (let ix = left; ix < right; ix++) {
              largest = f32x4.max(largest, v128.load(x + inputAt(image, iy, ix) + (<usize>c << 2)));
            }
          }
          storeFirst(to + (<usize>c << 2), largest, channels - c);
        }
      }
    }
  }
}

export function maxPool2dGradient(args: usize): void {
  readWindow(args, 4);
  const x = address(args, 0);
  const y = address(args, 1);
  const dy = address(args, 2);
  const dx = address(args, 3);
  const end = endTask(images);
  for (let image = firstTask(images); image < end; image++) {
    zeroCells(dx + inputAt(image, 0, 0), height * width * channels);
    for (let oy = 0; oy < outputHeight; oy++) {
      for (let ox = 0; ox < outputWidth; ox++) {
        placeWindow(oy, ox);
        for (let c = 0; c < channels; c += 4) {
          const lane = <usize>c << 2;
          const at = outputAt(image, oy, ox) + lane;
          const largest = v128.load(y + at);
          // What is still to be given; a lane becomes zero when it has been.
          let gradient = v128.load(dy + at);
          for (let iy = top; iy < bottom; iy++) {
            for (let ix = left; ix < right; ix++) {
              const input = inputAt(image, iy, ix) + lane;
              const isLargest = f32x4.eq(v128.load(x + input), largest);
              const sum = f32x4.add(v128.load(dx + input), v128.and(gradient, isLargest));
              storeFirst(dx + input, sum, channels - c);
              gradient = v128.andnot(gradient, isLargest);
            }
          }
        }
      }
    }
  }
}

export function avgPool2d(args: usize): void {
  readWindow(args, 2);
  const x = address(args, 0);
  const y = address(args, 1);
  const end = endTask(images);
  for (let image = firstTask(images); image < end; image++) {
    for (let oy = 0; oy < outputHeight; oy++) {
      for (let ox = 0; ox < outputWidth; ox++) {
        placeWindow(oy, ox);
        const count = f32x4.splat(windowPixels());
        const to = y + outputAt(image, oy, ox);
        for (let c = 0; c < channels; c += 4) {
          let sum = f32x4.splat(0);
          for (let iy = top; iy < bottom; iy++) {
            for (let ix = left; ix < right; ix++) {
              sum = f32x4.add(sum, v128.load(x + inputAt(image, iy, ix) + (<usize>c << 2)));
            }
          }
          storeFirst(to + (<usize>c << 2), f32x4.div(sum, count), channels - c);
        }
      }
    }
  }
}

export function avgPool2dGradient(args: usize): void {
  readWindow(args, 2);
  const dy = address(args, 0);
  const dx = address(args, 1);
  const end = endTask(images);
  for (let image = firstTask(images); image < end; image++) {
    zeroCells(dx + inputAt(image, 0, 0), height * width * channels);
    for (let oy = 0; oy < outputHeight; oy++) {
      for (let ox = 0; ox < outputWidth; ox++) {
        placeWindow(oy, ox);
        const count = f32x4.splat(windowPixels());
        for (let c = 0; c < channels; c += 4) {
          const lane = <usize>c << 2;
          const share = f32x4.div(v128.load(dy + outputAt(image, oy, ox) + lane), count);
          for (let iy = top; iy < bottom; iy++) {
            for (let ix = left; ix < right; ix++) {
              const at = dx + inputAt(image, iy, ix) + lane;
              storeFirst(at, f32x4.add(v128.load(at), share), channels - c);
            }
          }
        }
      }
    }
  }
}
