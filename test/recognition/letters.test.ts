import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawDigit } from "../../scripts/draw-digits/drawDigit.ts";
import { skeletons } from "../../scripts/draw-digits/skeletons.ts";
import { letters } from "../../scripts/draw-letters/letters.ts";
import { writtenPage } from "../../scripts/draw-letters/writtenPage.ts";
import { createRandom } from "../../src/core/random.ts";
import { loadModel, type Model, predict } from "../../src/node.ts";

let model: Model;
beforeAll(async () => {
  model = await loadModel({ threads: 1 });
});
afterAll(() => model.close());

/** The last way of writing each, which nothing was trained on. */
const untaught = (alphabet: typeof letters) => alphabet.map((ways) => ways.slice(-1));

/** The digits that are read in a drawing. */
async function read(alphabet: typeof letters, index: number): Promise<string> {
  const { width, height, pixels } = drawDigit(3, index, "scan", untaught(alphabet));
  return predict(model, { width, height, data: pixels }).then(
    ({ text }) => text.replace(/\D/g, ""),
    () => "",
  );
}

test("a sheet of words and numbers is read as its numbers", async () => {
  const page = writtenPage(["NR 42", "HELP", "TAXE 1750", "MANN 8 6", "PARK 93"], createRandom(5));
  const { text } = await predict(model, page);
  expect(text.split("\n")).toEqual(["??42", "????1750", "????86", "????93"]);
});

describe("of what a program draws", () => {
  test("most letters are not taken for digits", async () => {
    const texts = await Promise.all(letters.map((_, index) => read(letters, index)));
    expect(texts.filter((text) => text !== "").length).toBeLessThanOrEqual(letters.length / 4);
  });

  test("digits still are", async () => {
    const texts = await Promise.all(skeletons.map((_, index) => read(skeletons, index)));
    const right = texts.filter((text, digit) => text === String(digit)).length;
    expect(right).toBeGreaterThanOrEqual(9);
  });
});
