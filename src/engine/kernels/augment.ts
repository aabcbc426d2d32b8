// Random distortions of training images, an image a task: an affine map and Simard's elastic one in a single resampling,
// then stroke thickness, blur, contrast, brightness and noise. What is random is a hash of each image's key and the pixel's index.
import { mixLanes } from "./dropoutMask";
import { PATCH } from "./layout";
import { AUGMENT_CELLS, Augment } from "./opcodes";
import { endTask, firstTask, scratch } from "./threads";
import { address, fma, number, storeFirst, zeroCells } from "./vector";

// The sizes of what this thread works on, in cells, and where it lies in its scratch.
let height: i32 = 0;
let width: i32 = 0;
let radius: i32 = 0;
/** A row of an image with one pixel of paper around it, and room for whole vectors. */
let pitch: i32 = 0;
let image: usize = 0;
let warped: usize = 0;
let fieldX: usize = 0;
let fieldY: usize = 0;
let noise: usize = 0;
let blurredRows: usize = 0;

/** Rounds up to whole vectors, with one more for what is read past an end. */
function padded(cells: i32): i32 {
  return ((cells + 3) & ~3) + 4;
}

function placeRooms(): void {
  pitch = padded(width + 3);
  image = scratch() + PATCH;
  const imageBytes = <usize>(pitch * (height + 3)) << 2;
  warped = image + imageBytes;
  fieldX = warped + imageBytes;
  const fieldBytes = <usize>(padded(width) * height) << 2;
  fieldY = fieldX + fieldBytes;
  noise = fieldY + fieldBytes;
  blurredRows = noise + (<usize>(padded(width + 2 * radius) * height) << 2);
}

/** pixels, x, parameters, taps, radius, scale, offset, n, height, width */
export function augment(args: usize): void {
  const pixels = address(args, 0);
  const x = address(args, 1);
  const parameters = address(args, 2);
  const taps = address(args, 3);
  radius = number(args, 4);
  const scale = f32x4.splat(reinterpret<f32>(number(args, 5)));
  const offset = f32x4.splat(reinterpret<f32>(number(args, 6)));
  const images = number(args, 7);
  height = number(args, 8);
  width = number(args, 9);
  placeRooms();
  const size = height * width;
  const end = endTask(images);
  for (let one = firstTask(images); one < end; one++) {
    const how = parameters + (<usize>(one * AUGMENT_CELLS) << 2);
    loadPixels(pixels + <usize>(one * size));
    if (load<f32>(how, Augment.Elastic << 2) != 0) {
      const key = load<i32>(how, Augment.Key << 2);
      elasticField(fieldX, key, 0, taps);
      elasticField(fieldY, key, size, taps);
    }
    warp(how);
    finish(how, x + (<usize>(one * size) << 2), scale, offset);
  }
}

/** Bytes to cells, with paper around them. */
function loadPixels(from: usize): void {
  zeroCells(image, pitch * (height + 3));
  for (let y = 0; y < height; y++) {
    const row = image + (<usize>((y + 1) * pitch + 1) << 2);
    for (let x = 0; x < width; x++) {
      store<f32>(row + (<usize>x << 2), <f32>load<u8>(from + <usize>(y * width + x)));
    }
  }
}

/** Uniform noise in [-1, 1), blurred by the taps in both directions; what lies outside is 0. */
function elasticField(to: usize, key: i32, first: i32, taps: usize): void {
  const noisePitch = padded(width + 2 * radius);
  const fieldPitch = padded(width);
  zeroCells(noise, noisePitch * height);
  const unit = f32x4.splat(<f32>(1.0 / 2147483648.0));
  for (let y = 0; y < height; y++) {
    const row = noise + (<usize>(y * noisePitch + radius) << 2);
    for (let x = 0; x < width; x += 4) {
      const index = i32x4.add(i32x4.splat(first + y * width + x), i32x4(0, 1, 2, 3));
      const hash = mixLanes(v128.xor(index, i32x4.splat(key)));
      storeFirst(row + (<usize>x << 2), f32x4.mul(f32x4.convert_i32x4_s(hash), unit), width - x);
    }
  }
  const rows = height + 2 * radius;
  zeroCells(blurredRows, fieldPitch * rows);
  const count = 2 * radius + 1;
  for (let y = 0; y < height; y++) {
    const from = noise + (<usize>(y * noisePitch) << 2);
    const row = blurredRows + (<usize>((y + radius) * fieldPitch) << 2);
    for (let x = 0; x < width; x += 4) {
      storeFirst(row + (<usize>x << 2), blurred(from + (<usize>x << 2), 4, taps, count), width - x);
    }
  }
  for (let y = 0; y < height; y++) {
    const from = blurredRows + (<usize>(y * fieldPitch) << 2);
    for (let x = 0; x < width; x += 4) {
      const at = <usize>x << 2;
      storeFirst(to + (<usize>(y * fieldPitch) << 2) + at, blurred(from + at, <usize>fieldPitch << 2, taps, count), 4);
    }
  }
}

/** The sum of `count` vectors, `step` bytes apart, each times its tap. */
function blurred(from: usize, step: usize, taps: usize, count: i32): v128 {
  let sum = f32x4.splat(0);
  for (let k = 0; k < count; k++) {
    sum = fma(v128.load32_splat(taps + (<usize>k << 2)), v128.load(from), sum);
    from += step;
  }
  return sum;
}

/** Resamples `image` into `warped`, each pixel from where the affine map and the field say, between four pixels. */
function warp(how: usize): void {
  zeroCells(warped, pitch * (height + 3));
  const elastic = load<f32>(how, Augment.Elastic << 2);
  const amplitude = f32x4.splat(elastic);
  const xx = f32x4.splat(load<f32>(how, Augment.XX << 2));
  const yx = f32x4.splat(load<f32>(how, Augment.YX << 2));
  const xy = load<f32>(how, Augment.XY << 2);
  const yy = load<f32>(how, Augment.YY << 2);
  const centreX = <f32>(width - 1) / 2;
  const centreY = <f32>(height - 1) / 2;
  const shiftX = load<f32>(how, Augment.ShiftX << 2) + centreX;
  const shiftY = load<f32>(how, Augment.ShiftY << 2) + centreY;
  const least = f32x4.splat(-1);
  const mostX = f32x4.splat(<f32>width);
  const mostY = f32x4.splat(<f32>height);
  const fieldPitch = padded(width);
  for (let y = 0; y < height; y++) {
    const dy = <f32>y - centreY;
    const rowX = f32x4.splat(xy * dy + shiftX);
    const rowY = f32x4.splat(yy * dy + shiftY);
    const to = warped + (<usize>((y + 1) * pitch + 1) << 2);
    for (let x = 0; x < width; x += 4) {
      const dx = f32x4.sub(f32x4.convert_i32x4_s(i32x4.add(i32x4.splat(x), i32x4(0, 1, 2, 3))), f32x4.splat(centreX));
      let fromX = f32x4.add(f32x4.mul(xx, dx), rowX);
      let fromY = f32x4.add(f32x4.mul(yx, dx), rowY);
      if (elastic != 0) {
        const at = <usize>(y * fieldPitch + x) << 2;
        fromX = f32x4.add(fromX, f32x4.mul(amplitude, v128.load(fieldX + at)));
        fromY = f32x4.add(fromY, f32x4.mul(amplitude, v128.load(fieldY + at)));
      }
      fromX = f32x4.min(f32x4.max(fromX, least), mostX);
      fromY = f32x4.min(f32x4.max(fromY, least), mostY);
      storeFirst(to + (<usize>x << 2), between(fromX, fromY), width - x);
    }
  }
}

/** Bilinear interpolation of `image` at four places, whose coordinates lie between -1 and the image's size. */
// @ts-ignore: decorator
@inline
function between(x: v128, y: v128): v128 {
  const floorX = f32x4.floor(x);
  const floorY = f32x4.floor(y);
  const shareX = f32x4.sub(x, floorX);
  const shareY = f32x4.sub(y, floorY);
  const column = i32x4.trunc_sat_f32x4_s(floorX);
  const row = i32x4.trunc_sat_f32x4_s(floorY);
  // One more row and column of paper lie before the image.
  const index = i32x4.add(i32x4.mul(row, i32x4.splat(pitch)), i32x4.add(column, i32x4.splat(pitch + 1)));
  const i0 = image + (<usize>i32x4.extract_lane(index, 0) << 2);
  const i1 = image + (<usize>i32x4.extract_lane(index, 1) << 2);
  const i2 = image + (<usize>i32x4.extract_lane(index, 2) << 2);
  const i3 = image + (<usize>i32x4.extract_lane(index, 3) << 2);
  const below = <usize>pitch << 2;
  // Pairs of neighbours, (left, right) of two places each, taken apart into lefts and rights.
  const upper0 = v128.load64_lane(i1, v128.load64_zero(i0), 1);
  const upper1 = v128.load64_lane(i3, v128.load64_zero(i2), 1);
  const lower0 = v128.load64_lane(i1 + below, v128.load64_zero(i0 + below), 1);
  const lower1 = v128.load64_lane(i3 + below, v128.load64_zero(i2 + below), 1);
  const upperLeft = v128.shuffle<f32>(upper0, upper1, 0, 2, 4, 6);
  const upperRight = v128.shuffle<f32>(upper0, upper1, 1, 3, 5, 7);
  const lowerLeft = v128.shuffle<f32>(lower0, lower1, 0, 2, 4, 6);
  const lowerRight = v128.shuffle<f32>(lower0, lower1, 1, 3, 5, 7);
  const upper = fma(shareX, f32x4.sub(upperRight, upperLeft), upperLeft);
  const lower = fma(shareX, f32x4.sub(lowerRight, lowerLeft), lowerLeft);
  return fma(shareY, f32x4.sub(lower, upper), upper);
}

/** From `warped` to the network's input: thickness, blur, contrast, brightness, noise, and the scaling of pixels. */
function finish(how: usize, x: usize, scale: v128, offset: v128): void {
  const thickness = load<f32>(how, Augment.Thickness << 2);
  const blur = load<f32>(how, Augment.Blur << 2);
  const gain = f32x4.splat(load<f32>(how, Augment.Gain << 2));
  const lift = f32x4.splat(255 * load<f32>(how, Augment.Lift << 2));
  const noiseShare = load<f32>(how, Augment.Noise << 2);
  const key = i32x4.splat(load<i32>(how, Augment.Key << 2) ^ 0x5bd1e995);
  const byte = i32x4.splat(255);
  const zero = f32x4.splat(0);
  const white = f32x4.splat(255);
  const above = <usize>pitch << 2;
  for (let y = 0; y < height; y++) {
    const row = warped + (<usize>((y + 1) * pitch + 1) << 2);
    for (let column = 0; column < width; column += 4) {
      const at = row + (<usize>column << 2);
      const middle = v128.load(at);
      let value = middle;
      if (thickness != 0) {
        const extreme = thickness > 0 ? thickest(at, above) : thinnest(at, above);
        value = fma(f32x4.splat(abs(thickness)), f32x4.sub(extreme, middle), value);
      }
      if (blur != 0) value = fma(f32x4.splat(blur), f32x4.sub(binomial(at, above), middle), value);
      value = fma(value, gain, lift);
      if (noiseShare != 0) {
        const index = i32x4.add(i32x4.splat(y * width + column), i32x4(0, 1, 2, 3));
        const hash = mixLanes(v128.xor(index, key));
        // The sum of four bytes is close to normal: mean 510, deviation 147.8.
        const low = i32x4.add(v128.and(hash, byte), v128.and(i32x4.shr_u(hash, 8), byte));
        const high = i32x4.add(v128.and(i32x4.shr_u(hash, 16), byte), i32x4.shr_u(hash, 24));
        const sum = i32x4.sub(i32x4.add(low, high), i32x4.splat(510));
        value = fma(f32x4.splat(noiseShare * <f32>(255.0 / 147.8)), f32x4.convert_i32x4_s(sum), value);
      }
      value = f32x4.min(f32x4.max(value, zero), white);
      const scaled = f32x4.add(f32x4.mul(value, scale), offset);
      storeFirst(x + (<usize>(y * width + column) << 2), scaled, width - column);
    }
  }
}

/** The largest of each pixel and its four neighbours. */
// @ts-ignore: decorator
@inline
function thickest(at: usize, above: usize): v128 {
  const vertical = f32x4.max(v128.load(at - above), v128.load(at + above));
  return f32x4.max(v128.load(at), f32x4.max(vertical, f32x4.max(v128.load(at - 4), v128.load(at + 4))));
}

/** The smallest of each pixel and its four neighbours. */
// @ts-ignore: decorator
@inline
function thinnest(at: usize, above: usize): v128 {
  const vertical = f32x4.min(v128.load(at - above), v128.load(at + above));
  return f32x4.min(v128.load(at), f32x4.min(vertical, f32x4.min(v128.load(at - 4), v128.load(at + 4))));
}

/** Each pixel with its neighbours, weighted 1 2 1 in both directions. */
// @ts-ignore: decorator
@inline
function binomial(at: usize, above: usize): v128 {
  const sum = f32x4.add(f32x4.add(acrossThree(at - above), acrossThree(at + above)), f32x4.mul(f32x4.splat(2), acrossThree(at)));
  return f32x4.mul(sum, f32x4.splat(1.0 / 16.0));
}

// @ts-ignore: decorator
@inline
function acrossThree(at: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(at - 4), v128.load(at + 4)), f32x4.mul(f32x4.splat(2), v128.load(at)));
}
