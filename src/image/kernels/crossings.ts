import { f64At, mark, release, reserve, setF64 } from "./arena";

/** Ink above this is looked at. */
const FAINTEST_INK: f64 = 0.1;

/** Ink is looked at in about so many places along a line. */
const PLACES = 500;

/** An image as lines run through it: `along` them and `over` them, with the steps, in pixels, from one place to the next. */
// @ts-ignore: decorator
@unmanaged
export class View {
  data: usize;
  along: i32;
  over: i32;
  stepAlong: i32;
  stepOver: i32;
  /** Ink is looked at in so many places along, one every `step` pixels. */
  places: i32;
  step: i32;
}

export function viewOf(data: usize, along: i32, over: i32, stepAlong: i32, stepOver: i32): View {
  const view = changetype<View>(reserve(offsetof<View>()));
  view.data = data;
  view.along = along;
  view.over = over;
  view.stepAlong = stepAlong;
  view.stepOver = stepOver;
  view.step = max(1, along / PLACES);
  view.places = (along + view.step - 1) / view.step;
  return view;
}

/** Places with ink across a line's direction that is as thin as a line may be, by rising `x`. */
// @ts-ignore: decorator
@unmanaged
export class Crossings {
  count: i32;
  /** f64[count] */
  x: usize;
  y: usize;
  /** u8[count] */
  thickness: usize;
}

export function crossings(most: i32): Crossings {
  const all = changetype<Crossings>(reserve(offsetof<Crossings>()));
  all.count = 0;
  all.x = reserve(<usize>most << 3);
  all.y = reserve(<usize>most << 3);
  all.thickness = reserve(most);
  return all;
}

/** The crossings that are marked with `mark`; `result` may be the same. */
export function copyChosen(all: Crossings, marks: usize, mark: u8, result: Crossings): void {
  let count = 0;
  for (let k = 0; k < all.count; k++) {
    if (load<u8>(marks + k) != mark) continue;
    setF64(result.x, count, f64At(all.x, k));
    setF64(result.y, count, f64At(all.y, k));
    store<u8>(result.thickness + count, load<u8>(all.thickness + k));
    count++;
  }
  result.count = count;
}

export function thinCrossings(view: View): Crossings {
  const over = view.over;
  const step = view.step;
  const places = view.places;
  const thickest = max(3, min(10, <i32>floor(<f64>view.along / 200 + 0.5)));
  const all = crossings(places * ((over + 1) >> 1));
  const before = mark();
  const isInk = inkAtPlaces(view);
  let count = 0;
  for (let place = 0; place < places; place++) {
    const begin = place * over;
    const end = begin + over;
    for (let at = begin; at < end; at++) {
      if (at + 16 <= end && !v128.any_true(v128.load(isInk + at))) {
        at += 15;
        continue;
      }
      if (load<u8>(isInk + at) == 0) continue;
      const from = at;
      while (at < end && load<u8>(isInk + at) == 1) at++;
      if (at - from > thickest) continue;
      setF64(all.x, count, <f64>(place * step));
      setF64(all.y, count, <f64>(from + at - 1) / 2 - <f64>begin);
      store<u8>(all.thickness + count, <u8>(at - from));
      count++;
    }
  }
  all.count = count;
  release(before);
  return all;
}

/** u8[places, over], 1 where there is ink: read in the image's order, since memory is slow to jump about in. */
function inkAtPlaces(view: View): usize {
  const over = view.over;
  const step = view.step;
  const places = view.places;
  const isInk = reserve(<usize>places * over);
  if (view.stepOver == 1) {
    for (let place = 0; place < places; place++)
      markInk(isInk + place * over, 1, view.data + (<usize>(place * step * view.stepAlong) << 2), 1, over);
  } else {
    for (let y = 0; y < over; y++)
      markInk(isInk + y, over, view.data + (<usize>(y * view.stepOver) << 2), step, places);
  }
  return isInk;
}

function markInk(to: usize, stepTo: i32, from: usize, stepFrom: i32, count: i32): void {
  const stride = <usize>stepFrom << 2;
  for (let k = 0; k < count; k++, to += stepTo, from += stride)
    store<u8>(to, u8(<f64>load<f32>(from) > FAINTEST_INK));
}
