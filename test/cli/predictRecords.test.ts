import { expect, test } from "vitest";
import { csvHeader, csvRows, failureDocument, predictionDocument } from "../../src/cli/predictRecords.ts";
import { MnistError } from "../../src/core/errors.ts";
import { lenet } from "../../src/lenet.ts";
import { fakePage } from "./fakePage.ts";

test("a page as a document: lines have the indices of their digits", () => {
  const document = predictionDocument("page.jpg", fakePage("72!", "?"), lenet.classes);
  expect(JSON.parse(JSON.stringify(document))).toEqual({
    source: "page.jpg",
    text: "72\n?",
    lines: [
      { text: "72", box: { x: 20, y: 30, width: 40, height: 40 }, digits: [0, 1] },
      { text: "?", box: { x: 20, y: 90, width: 40, height: 40 }, digits: [2] },
    ],
    digits: [
      {
        digit: 7,
        className: "seven",
        confidence: 0.95,
        probabilities: [0, 0, 0, 0, 0, 0, 0, 0.95, 0.05, 0],
        isDigit: true,
        box: { x: 20, y: 30, width: 20, height: 30 },
      },
      {
        digit: 2,
        className: "two",
        confidence: 0.6,
        probabilities: [0, 0, 0.6, 0.3, 0.1, 0, 0, 0, 0, 0],
        isDigit: true,
        box: { x: 60, y: 30, width: 20, height: 30 },
      },
      {
        digit: 4,
        className: "four",
        confidence: 0.95,
        probabilities: [0, 0, 0, 0, 0.95, 0.05, 0, 0, 0, 0],
        isDigit: false,
        box: { x: 20, y: 90, width: 20, height: 30 },
      },
    ],
    width: 400,
    height: 300,
  });
});

test("a failure as a document", () => {
  const error = new MnistError(
    "BAD_IMAGE",
    "a.png: no digit found; the picture is blank, or nothing in it looks like a digit",
  );
  expect(failureDocument("a.png", error)).toEqual({
    source: "a.png",
    error: {
      code: "BAD_IMAGE",
      message: "a.png: no digit found; the picture is blank, or nothing in it looks like a digit",
    },
  });
});

test("a page as rows of RFC 4180, with quotes where they have to be", () => {
  expect(csvHeader(10)).toBe(
    "source,line,position,digit,confidence,is_digit,x,y,width,height,p0,p1,p2,p3,p4,p5,p6,p7,p8,p9\n",
  );
  expect(csvRows("a.png", fakePage("1", "2!?"))).toBe(
    [
      "a.png,1,1,1,0.95,true,20,30,20,30,0,0.95,0.05,0,0,0,0,0,0,0",
      "a.png,2,1,2,0.6,true,20,90,20,30,0,0,0.6,0.3,0.1,0,0,0,0,0",
      "a.png,2,2,4,0.95,false,60,90,20,30,0,0,0,0,0.95,0.05,0,0,0,0",
      "",
    ].join("\n"),
  );
  expect(csvRows('a "b", c.png', fakePage("1"))).toMatch(/^"a ""b"", c\.png",1,1,1,/);
  expect(csvRows("a\nb", fakePage("1"))).toMatch(/^"a\nb",1,1,1,/);
});
