import { describe, expect, test } from "vitest";
import { readReport } from "../../src/report/readReport.ts";
import { eventFile, fixtureRun, folderOf, modelFileOf, started } from "./fixtureRun.ts";

const trainEvents = "train/events.out.tfevents.1700000000.host.1.0";
const values = (points: readonly { readonly step: number; readonly value: number }[] | undefined) =>
  points?.map(({ step, value }) => [step, value]);

describe("reading a run", () => {
  test("gives all that it has as plain data, the test images first", async () => {
    const report = await readReport(folderOf(fixtureRun()));
    expect(report.notes).toEqual([]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report.model).toMatchObject({ parameters: 61_706, calibration: { temperature: 1.25 } });
    // C1 5x5 of 1 channel, 6 filters and biases; 28x28 places (`same`).
    expect(report.model?.layers[0]).toEqual({
      name: "C1",
      type: "conv2d",
      outputShape: [28, 28, 6],
      parameters: 6 * (25 + 1),
      multiplyAdds: 28 * 28 * 6 * 25,
    });
    expect(report.evaluations.map(({ what }) => what)).toEqual(["test", "validation"]);
    expect(report.evaluations[0]?.metrics.accuracy).toBe(7 / 8);
    expect(report.robustness?.perturbations).toHaveLength(6);
    expect(report.train.loss).toHaveLength(40);
    expect(report.train.loss?.[1]?.value).toBeCloseTo(2.5 * 0.81, 6);
    expect(values(report.validation.accuracy)).toEqual([
      [20, Math.fround(0.85)],
      [40, Math.fround(0.9)],
    ]);
  });

  test("tells times as the events do", async () => {
    const { timing } = await readReport(folderOf(fixtureRun()));
    // 40 steps a second apart; validation is at seconds 30 and 31, within them.
    expect(timing).toMatchObject({ started, seconds: 39 });
    expect(timing?.speeds).toHaveLength(39);
    expect(timing?.speeds[0]).toEqual({ step: 2, imagesPerSecond: 50 }); // one step of 50 images
    expect(timing?.epochs).toEqual([
      { epoch: 1, step: 20, seconds: 19, imagesPerSecond: 50 },
      { epoch: 2, step: 40, seconds: 20, imagesPerSecond: 50 },
    ]);
  });

  test("takes speeds that were written in place of its own", async () => {
    const files = { [trainEvents]: eventFile({ images_per_second: (step) => step * 100 }, [10, 20]) };
    const { timing } = await readReport(folderOf(files));
    expect(timing?.speeds).toEqual([
      { step: 10, imagesPerSecond: 1000 },
      { step: 20, imagesPerSecond: 2000 },
    ]);
  });

  test("what a resumed training did again counts as it did it last, and the pause does not count", async () => {
    const resumed = "train/events.out.tfevents.1700005000.host.2.0";
    const files = {
      [trainEvents]: eventFile({ loss: (step) => step }, [1, 2, 3, 4]),
      [resumed]: eventFile({ loss: (step) => -step }, [3, 4, 5], 5000),
    };
    const report = await readReport(folderOf(files));
    expect(values(report.train.loss)).toEqual([
      [1, 1],
      [2, 2],
      [3, -3],
      [4, -4],
      [5, -5],
    ]);
    expect(report.timing?.seconds).toBe(1 + 2);
  });

  test("uses what can be read of a damaged or truncated event file, and notes the rest", async () => {
    const files = fixtureRun();
    const whole = files[trainEvents]!;
    const damaged = whole.slice();
    damaged[whole.length - 30]! ^= 1; // in the last record
    const flipped = await readReport(folderOf({ ...files, [trainEvents]: damaged }));
    expect(flipped.train.loss).toHaveLength(39);
    expect(flipped.notes).toEqual([
      expect.stringMatching(/^train\/events\.out\S+: record 40 at offset [\d,]+: data CRC is 0x/),
    ]);
    const cut = await readReport(folderOf({ ...files, [trainEvents]: whole.slice(0, whole.length - 3) }));
    expect(cut.train.loss).toHaveLength(39);
    expect(cut.notes).toHaveLength(1);
    expect(cut.evaluations).toHaveLength(2);
  });

  test("leaves out values that are not finite, with a note", async () => {
    const files = { [trainEvents]: eventFile({ loss: (step) => (step === 2 ? Number.NaN : 1) }, [1, 2, 3]) };
    const report = await readReport(folderOf(files));
    expect(values(report.train.loss)).toEqual([
      [1, 1],
      [3, 1],
    ]);
    expect(report.notes).toEqual([expect.stringContaining("1 values are not finite")]);
  });

  test("takes the newest checkpoint that can be read where the weights are damaged", async () => {
    const files = {
      "model.safetensors": modelFileOf().slice(0, 100),
      "checkpoints/step-00000010.safetensors": modelFileOf(undefined, { progress: { step: 10 } }),
      "checkpoints/step-00000020.safetensors": modelFileOf(undefined, { progress: { step: 20 } }),
    };
    const report = await readReport(folderOf(files));
    expect(report.model).toMatchObject({
      file: "checkpoints/step-00000020.safetensors",
      progress: { step: 20 },
    });
    expect(report.notes).toEqual([expect.stringContaining("model.safetensors")]);
  });

  test("notes an evaluation that cannot be read", async () => {
    const files = { ...fixtureRun(), "evaluations/test.json": Buffer.from('{"format":') };
    const report = await readReport(folderOf(files));
    expect(report.evaluations.map(({ what }) => what)).toEqual(["validation"]);
    expect(report.notes).toEqual([expect.stringContaining("evaluations/test.json: not JSON")]);
  });

  test("a folder without anything to read is an error that says what was expected", async () => {
    await expect(readReport(folderOf({ "notes.txt": Buffer.from("hello") }))).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringMatching(
        /^runs\/fixture: expected what mnist train writes .*give a run's folder$/,
      ),
    });
    const damaged = { "evaluations/test.json": Buffer.from("no") };
    await expect(readReport(folderOf(damaged))).rejects.toThrow("evaluations/test.json: not JSON");
  });
});
