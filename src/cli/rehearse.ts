import type { Picture } from "../image/picture.ts";
import type { Library, Model } from "../predict.ts";

/**
 * Reads a small page while another thread is still at the first picture, so that what is loaded, compiled and allocated for a
 * first page is there when the picture is. What fails here fails there again.
 */
export function rehearse(library: Library, model: Promise<Model>, decoding: Promise<unknown>): void {
  let isDecoded = false;
  const decoded = (): void => {
    isDecoded = true;
  };
  decoding.then(decoded, decoded);
  model.then(() => (isDecoded ? undefined : library.predict(model, smallPage()))).catch(() => {});
}

/** A 1 and a 0. */
function smallPage(): Picture {
  const [width, height] = [96, 64];
  const data = new Uint8Array(width * height * 3).fill(230);
  for (let y = 16; y < 48; y++) {
    for (let x = 0; x < width; x++) {
      const isOne = x >= 24 && x < 28;
      const fromMiddle = Math.hypot(1.3 * (x - 58), y - 32);
      const isZero = fromMiddle > 10 && fromMiddle < 15;
      if (isOne || isZero) data.fill(40, (y * width + x) * 3, (y * width + x + 1) * 3);
    }
  }
  return { width, height, data };
}
