import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWorkspace, type Workspace } from "./workspace.ts";

let workspace: Workspace;
beforeAll(async () => {
  workspace = await createWorkspace();
  const brief = ["--validation-count", "40", "--batch-size", "50", "--epochs", "1", "--threads", "1"];
  expect((await workspace.run(["train", "--model", "small.json", ...brief])).status).toBe(0);
});
afterAll(() => workspace.remove());

const run = (...argv: string[]) => workspace.run(["report", ...argv]);

describe("mnist report", () => {
  test("writes the newest run's page into its folder, whole", async () => {
    const { status, out, err } = await run();
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/^Wrote runs\/small\/report\.html \(.*\): open it in a browser\.\n$/);
    const page = await readFile(join(workspace.path, "runs/small/report.html"), "utf8");
    expect(page).toContain("<h1>Small</h1>");
    expect(page).toContain("<h2>Learning</h2>");
    expect(page.endsWith("</html>\n")).toBe(true);
    expect(
      (await readdir(join(workspace.path, "runs/small"))).filter((name) => name.endsWith(".tmp")),
    ).toEqual([]);
  });

  test("--out says where to; the same run gives the same page", async () => {
    expect((await run("runs/small", "--out", "pages/small.html")).status).toBe(0);
    await run("runs/small");
    const [one, other] = await Promise.all(
      ["pages/small.html", "runs/small/report.html"].map((file) =>
        readFile(join(workspace.path, file), "utf8"),
      ),
    );
    expect(one).toBe(other);
  });

  test("--json is one document", async () => {
    const { status, out, err } = await run("runs/small", "--json");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const report = JSON.parse(out) as Record<string, unknown>;
    // 4 x (5 x 5 + 1) + 10 x (144 + 1)
    expect(report).toMatchObject({ name: "runs/small", model: { parameters: 1554 }, notes: [] });
  });

  test("where there is nothing to report, one sentence says so", async () => {
    await mkdir(join(workspace.path, "empty"), { recursive: true });
    for (const [folder, said] of [
      ["nowhere", "error: nowhere: there is no such folder; give one that mnist train wrote\n"],
      ["small.json", "error: small.json: there is no such folder; give one that mnist train wrote\n"],
      ["empty", "error: empty: expected what mnist train writes"],
    ] as const) {
      const { status, out, err } = await run(folder);
      expect({ status, out }).toEqual({ status: 1, out: "" });
      expect(err.startsWith(said), err).toBe(true);
      expect(err.trimEnd().split("\n")).toHaveLength(1);
    }
  });

  test("without any run it says how to get one", async () => {
    const other = await createWorkspace({ withData: false });
    try {
      const { status, err } = await other.run(["report"]);
      expect(status).toBe(1);
      expect(err).toContain("train one with mnist train");
    } finally {
      await other.remove();
    }
  });
});
