import { scaledBox, unionOf } from "../../src/image/boxes.ts";
import { loadKernels, scoped } from "../../src/image/kernels.ts";
import { greyOfPage, inkOfPage } from "../../src/image/pageInk.ts";
import type { Box } from "../../src/image/picture.ts";
import { decodePicture } from "../../src/node/decodePicture.ts";
import { shapeOf } from "../../src/recognition/candidate.ts";
import { composePage } from "../compose-pages/composePage.ts";
import type { Digits } from "../compose-pages/digits.ts";
import { encoded } from "../draw-digits/encode.ts";
import { commonShare } from "../measure-pages/match.ts";

/** A digit as a reader of its page hands it to a network. */
export interface SeenDigit {
  readonly label: number;
  /** [28, 28] */
  readonly pixels: Uint8Array;
}

/** What is found of a digit has so much in common with it, as intersection over union; else it is in pieces, or two at once. */
const SAME = 0.6;

/**
 * The digits of composed page `index`, each from what was found where it is. It is known where that is and which side is
 * ink, so no network has a say in it.
 */
export async function digitsOfPage(digits: Digits, seed: number, index: number): Promise<SeenDigit[]> {
  const { pixels, truth } = composePage(digits, { seed, index, kind: "page" });
  const { width, height, quality } = truth;
  const picture = await decodePicture(await encoded({ pixels, width, height, quality }), `page ${index}`);
  await loadKernels();
  return scoped(() => {
    const { ink, marks } = inkOfPage(greyOfPage(picture), truth.polarity === "dark on light");
    return truth.digits.flatMap(({ digit, box }) => {
      const place = scaledBox(box, ink.width / width, ink.height / height);
      const own = marks.filter((mark) => isMiddleIn(mark.box, place));
      if (own.length === 0 || commonShare(unionOf(own.map((mark) => mark.box)), place) < SAME) return [];
      const shape = shapeOf(ink, own, marks);
      return shape ? [{ label: digit, pixels: shape.pixels.slice() }] : [];
    });
  });
}

function isMiddleIn({ x, y, width, height }: Box, outer: Box): boolean {
  const [middleX, middleY] = [x + width / 2, y + height / 2];
  return (
    middleX >= outer.x &&
    middleX <= outer.x + outer.width &&
    middleY >= outer.y &&
    middleY <= outer.y + outer.height
  );
}
