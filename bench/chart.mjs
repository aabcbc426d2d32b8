// The picture in the README: plain bars, readable on light and on dark pages.
import { formatNumber } from "./table.mjs";

const WIDTH = 760;
const LABEL = 190;
const BAR = 22;
const GAP = 8;
const HEAD = 34;

const style = `
  text { font: 14px -apple-system, "Segoe UI", "DejaVu Sans", Arial, sans-serif; fill: #24292f; }
  .head { font-weight: 600; }
  .quiet { fill: #57606a; font-size: 12px; }
  .ours { fill: #0969da; }
  .peer { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet { fill: #9198a1; }
    .ours { fill: #4493f8; }
    .peer { fill: #656c76; }
  }`;

const escapeText = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** The best row of each contestant: PyTorch stands in once a setting, this project with its best variant only. */
function barsOf(rows, group) {
  const own = rows.filter((row) => row.group === group);
  const bars = new Map();
  for (const [index, row] of own.entries()) {
    if (index > 0 && !row.peer) continue;
    const name = index === 0 ? "this project" : row.contestant.split(",")[0];
    if (row.median > (bars.get(name)?.median ?? 0)) bars.set(name, { ...row, isOurs: index === 0 });
  }
  return [...bars].sort(([, a], [, b]) => b.median - a.median);
}

const panels = [
  ["train", "train LeNet, batch 64", "Training TF-slim's LeNet, batch 64, Adam"],
  ["train", "train LeNet5, batch 64", "Training LeNet-5, batch 64, Adam"],
  ["predict", "predict LeNet, batch 1000", "Reading digits with TF-slim's LeNet, 1,000 at a time"],
];

/** An SVG of images a second; longer is better. */
export function drawChart({ train = [], predict = [], machine }) {
  const parts = [];
  let y = 0;
  for (const [key, group, title] of panels) {
    const bars = barsOf(key === "train" ? train : predict, group);
    if (bars.length === 0) continue;
    const most = Math.max(...bars.map(([, { median }]) => median));
    parts.push(`<text class="head" x="0" y="${y + 18}">${escapeText(title)}</text>`);
    y += HEAD;
    for (const [name, { median, isOurs }] of bars) {
      const length = Math.max(2, (median / most) * (WIDTH - LABEL - 130));
      const middle = y + BAR / 2 + 5;
      parts.push(
        `<text x="${LABEL - 10}" y="${middle}" text-anchor="end">${escapeText(name)}</text>`,
        `<rect class="${isOurs ? "ours" : "peer"}" x="${LABEL}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" rx="3"/>`,
        `<text x="${(LABEL + length + 8).toFixed(1)}" y="${middle}">${formatNumber(median)}<tspan class="quiet" dx="5">images/s</tspan></text>`,
      );
      y += BAR + GAP;
    }
    y += 14;
  }
  const note = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; medians of ${machine.rounds} alternating rounds, npm run bench`;
  parts.push(`<text class="quiet" x="0" y="${y + 8}">${escapeText(note)}</text>`);
  const label = "Images a second, this project beside its peers";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 18}" width="${WIDTH}" height="${y + 18}" role="img" aria-label="${label}"><style>${style}\n</style>\n${parts.join("\n")}\n</svg>\n`;
}
