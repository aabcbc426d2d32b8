import { expect, test } from "vitest";
import { type Kind, writePage } from "../../scripts/compose-pages/composePage.ts";
import { photographed } from "../../scripts/compose-pages/photograph.ts";
import { encoded } from "../../scripts/draw-digits/encode.ts";
import { matched } from "../../scripts/measure-pages/match.ts";
import { loadModel, predict } from "../../src/node.ts";
import { realImages } from "../data/realImages.ts";

const { images, labels } = realImages("t10k", 0, 10_000);
const digits = { images, labels, sources: [...labels.keys()] };

/** Of each test, milliseconds: many run at once. */
const TIMEOUT = 300_000;

/** Larger ones take too long for a test. */
const MOST_PIXELS = 1.2e6;

/** What became of the digits of the first `count` photographs, all written with digits that the network never saw. */
async function outcomes(kind: Kind, count: number) {
  const model = await loadModel({ threads: 1 });
  const all: string[] = [];
  let extra = 0;
  for (let index = 0, taken = 0; taken < count; index++) {
    const { random, ink, scene, truth } = writePage(digits, { seed: 3, index, kind });
    const { width, height, quality } = truth;
    if (width * height > MOST_PIXELS) continue;
    taken++;
    const picture = await encoded({ pixels: photographed(random, ink, scene), width, height, quality });
    const found = await predict(model, picture).catch(() => ({ digits: [] }));
    const compared = matched(truth.digits, found.digits);
    all.push(...compared.digits.map(({ outcome }) => outcome));
    extra += compared.extra.length;
  }
  model.close();
  return { all, right: all.filter((one) => one === "right").length, extra };
}

test(
  "six photographs of pages are read right to 97 % of their digits",
  async () => {
    const { all, right, extra } = await outcomes("page", 6);
    expect(all.length).toBeGreaterThan(60);
    expect(right / all.length).toBeGreaterThanOrEqual(0.97);
    expect(extra / all.length).toBeLessThanOrEqual(0.03);
  },
  TIMEOUT,
);

test(
  "of twelve photographs of one digit at least eleven are read right",
  async () => {
    const { all, right, extra } = await outcomes("single", 12);
    expect(all.length).toBe(12);
    expect(right).toBeGreaterThanOrEqual(11);
    expect(extra).toBeLessThanOrEqual(2);
  },
  TIMEOUT,
);
