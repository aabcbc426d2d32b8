// Results for people.

export function formatNumber(value) {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toPrecision(3);
}

/** Cells in columns, the first to the left and the others to the right. */
function columns(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd(),
  );
}

function section(title, lines) {
  return ["", title, ...lines.map((line) => `  ${line}`)];
}

function comparisons(rows) {
  const groups = new Map();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return [...groups].flatMap(([group, own]) => {
    const isContest = own[0].contestant.startsWith("this project,");
    const head = ["", own[0].unit, "from", "to", "typical", ...(isContest ? ["ours is", "typically"] : [])];
    const cells = own.map(({ contestant, median, min, max, typical, ahead, typicalAhead }, i) => [
      contestant,
      ...[median, min, max, typical].map(formatNumber),
      ...(isContest ? [ahead, typicalAhead].map((one) => (i === 0 ? "" : `${one.toFixed(2)}x`)) : []),
    ]);
    return section(group, columns([head, ...cells]));
  });
}

function kernels({ groups }) {
  const cell = (value, format = formatNumber) => (value === undefined ? "" : format(value));
  return groups.flatMap(({ group, peak, milliseconds, rows }) => {
    const total = rows.reduce((all, row) => all + row.milliseconds, 0);
    const memory = `memory ${formatNumber(peak.readGigabytes)} GB/s read, ${formatNumber(peak.triadGigabytes)} GB/s triad`;
    return section(
      `${group}: peak ${formatNumber(peak.gigaflops)} GFLOP/s, ${memory}`,
      columns([
        ["", "ms", "GFLOP/s", "of peak", "GB/s"],
        ...rows.map((row) => [
          row.what,
          formatNumber(row.milliseconds),
          cell(row.gigaflops),
          cell(row.ofPeak, (share) => `${Math.round(share * 100)} %`),
          cell(row.gigabytes),
        ]),
        ["all, one by one", formatNumber(total), "", "", ""],
        ["the whole", formatNumber(milliseconds), "", "", ""],
      ]),
    );
  });
}

function timeTo99({ contestants }) {
  return section(
    "from random weights to 99 % on the test images, --preset fast",
    columns([
      ["", "mean s", "sd", "from", "to", "mean accuracy", "least", "reached"],
      ...contestants.map((one) => [
        one.contestant,
        ...[one.meanSeconds, one.deviationSeconds, one.minSeconds, one.maxSeconds].map(formatNumber),
        ...[one.meanAccuracy, one.minAccuracy].map((share) => `${(share * 100).toFixed(2)} %`),
        `${one.reached} of ${one.trials.length}`,
      ]),
    ]),
  );
}

function summaries(rows) {
  return section(
    `what --summaries costs: ${rows[0].steps} steps of LeNet, ${rows[0].rounds} rounds`,
    columns([
      ["", "ms a step", "sd", "from", "to", "of it summaries", "added"],
      ...rows.map(({ level, milliseconds, deviation, min, max, summaries: own, cost }) => [
        level,
        ...[milliseconds, deviation, min, max].map(formatNumber),
        own.toFixed(3),
        `${(cost * 100).toFixed(2)} %`,
      ]),
    ]),
  );
}

function largeData(rows) {
  return section(
    "reading raw TFRecords into batches, in a process of its own",
    columns([
      ["images", "s", "us each", "MB above the start"],
      ...rows.map(({ images, seconds, microsecondsEach, megabytes }) => [
        images.toLocaleString("en-US"),
        ...[seconds, microsecondsEach, megabytes].map(formatNumber),
      ]),
    ]),
  );
}

/** All of a run as lines of text. */
export function describe(results) {
  const { machine, missing, checks, targets } = results;
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGigabytes} GB; Node ${machine.node}, ${machine.platform}`,
    ...(machine.load > 0.5
      ? [`  other programs were running (load ${machine.load.toFixed(1)}): expect noise`]
      : []),
    ...missing.map((sentence) => `  ${sentence}`),
  ];
  if (results.kernels) lines.push(...kernels(results.kernels));
  for (const key of ["train", "predict", "data"]) if (results[key]) lines.push(...comparisons(results[key]));
  if (results.summaries) lines.push(...summaries(results.summaries));
  if (results.largeData) lines.push(...largeData(results.largeData));
  if (results.cold) {
    const { rows, residentMegabytes, wasmBytes } = results.cold;
    lines.push(...comparisons(rows));
    lines.push(
      "",
      `memory while training LeNet, batch 64, at most: ${formatNumber(residentMegabytes)} MB resident`,
    );
    lines.push(
      `WebAssembly: simd128 ${formatNumber(wasmBytes.simd128)} bytes, relaxed ${formatNumber(wasmBytes.relaxed)}`,
    );
  }
  if (results.timeTo99) lines.push(...timeTo99(results.timeTo99));
  if (checks.length > 0) {
    const rows = checks.map(({ what, found, expected, ok }) => [
      `${ok ? "ok    " : "WRONG "} ${what}`,
      found < 0.001 ? found.toExponential(1) : found.toFixed(4),
      expected,
    ]);
    lines.push(...section("checks", columns(rows)));
  }
  if (targets.length > 0) {
    const rows = targets.map(({ what, sign, bound, found, met }) => [
      `${met ? "met     " : "not met "} ${what}`,
      formatNumber(found),
      `${sign} ${formatNumber(bound)}`,
    ]);
    lines.push(...section("targets", columns(rows)));
  }
  return `${lines.join("\n")}\n`;
}
