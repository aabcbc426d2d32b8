// Kernels by Winograd's minimal filtering: once for all images, to the places that tiles are multiplied at.
import { PACKED } from "./layout";
import { PANEL } from "./microKernel";
import { endTask, firstTask, scratch } from "./threads";
import { address, ceilDivide, number } from "./vector";
import { evaluate, LINE, LINES_BYTES, spread, TILE, weightScale } from "./winogradTransforms";

/**
 * weights [taps, taps, channels, filters] to [64 places, spread][filters / 8][channels][8], with zeros beyond the last filter; or,
 * flipped, those of the convolution that takes the gradient back: turned by half a turn, filters to channels.
 */
export function winogradWeights(args: usize): void {
  const weights = address(args, 0);
  const to = address(args, 1);
  const taps = number(args, 2);
  const channels = number(args, 3);
  const filters = number(args, 4);
  const isFlipped = number(args, 5) != 0;
  const inputs = isFlipped ? filters : channels;
  const outputs = isFlipped ? channels : filters;
  const panels = ceilDivide(outputs, PANEL);
  const placeBytes = spread(<usize>(panels * inputs * PANEL) << 2);
  const tapBytes = <usize>(channels * filters) << 2;
  const lines = scratch() + PACKED;
  const taken = lines + LINES_BYTES;
  const end = endTask(inputs);
  for (let input = firstTask(inputs); input < end; input++) {
    for (let output = 0; output < panels * PANEL; output += 4) {
      const count = outputs - output;
      // Where the first of the four lies, and how far the next.
      const from = weights + (<usize>(isFlipped ? output * filters + input : input * filters + output) << 2);
      const step: usize = isFlipped ? <usize>filters << 2 : 4;
      for (let tap = 0; tap < taps * taps; tap++) {
        const at = taken + (<usize>((tap / taps) * TILE + (tap % taps)) << 4);
        const four = from + <usize>(isFlipped ? taps * taps - 1 - tap : tap) * tapBytes;
        if (step == 4 && count >= 4) v128.store(at, v128.load(four));
        else {
          // What lies beyond the last output belongs to the next input.
          v128.store(at, f32x4.splat(0));
          for (let i = 0; i < min(count, 4); i++) store<f32>(at + (<usize>i << 2), load<f32>(four + <usize>i * step));
        }
      }
      for (let y = 0; y < taps; y++) {
        evaluate(taps, taken + (<usize>(y * TILE) << 4), 16, lines + (<usize>(y * TILE) << 4), 16);
      }
      for (let x = 0; x < TILE; x++) {
        const column = lines + (<usize>x << 4);
        evaluate(taps, column, LINE, column, LINE);
      }
      let out = to + (<usize>(((output / PANEL) * inputs + input) * PANEL + (output % PANEL)) << 2);
      for (let y = 0; y < TILE; y++) {
        for (let x = 0; x < TILE; x++) {
          const scale = f32x4.splat(weightScale(y) * weightScale(x));
          v128.store(out, f32x4.mul(v128.load(lines + (<usize>(y * TILE + x) << 4)), scale));
          out += placeBytes;
        }
      }
    }
  }
}
