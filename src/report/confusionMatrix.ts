import { formatCount } from "../core/numberText.ts";
import { type Html, html } from "./html.ts";

/** More classes than this are shown by colour alone. */
const mostNumbers = 20;
/** Longer names are set aslant over the columns, and cut. */
const levelName = 5;
const longestName = 14;

/**
 * A heat-map: rows are labels, columns answers. What is right is tinted by the share of its row, what is wrong by its
 * count beside the most frequent confusion, and what did not happen is left blank.
 */
export function confusionMatrix(matrix: readonly (readonly number[])[], classes: readonly string[]): Html {
  const size = matrix.length;
  const names = matrix.map((_, index) => shortName(classes[index] ?? String(index)));
  const longest = Math.max(...names.map((name) => name.length));
  const isAslant = longest > levelName;
  const cell = 100 / size;
  const worst = Math.max(1, ...matrix.flatMap((row, label) => row.filter((_, answer) => answer !== label)));
  const middle = (index: number) => `${(index + 0.5) * cell}%`;
  const cells = matrix.map((row, label) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((count, answer) => {
      if (count === 0) return undefined;
      const isRight = answer === label;
      const strength = isRight ? 0.08 + 0.2 * (count / total) : 0.12 + 0.78 * (count / worst) ** 0.8;
      const told = isRight
        ? `${formatCount(count)} of ${formatCount(total)} ${names[label]} are right`
        : `${formatCount(count)} of ${formatCount(total)} ${names[label]} are taken for ${names[answer]}`;
      return html`<g><title>${told}</title><rect class="${isRight ? "right" : "wrong"}" x="${answer * cell}%" y="${label * cell}%" width="${cell}%" height="${cell}%" fill-opacity="${strength.toFixed(2)}"/>${size <= mostNumbers && html`<text class="${isRight ? "count" : strength > 0.6 ? "count strong" : "count"}" x="${middle(answer)}" y="${middle(label)}" dy="4">${formatCount(count)}</text>`}</g>`;
    });
  });
  const lines = Array.from({ length: size + 1 }, (_, i) => {
    const at = `${i * cell}%`;
    return html`<line class="grid" x1="${at}" x2="${at}" y1="0" y2="100%"/><line class="grid" y1="${at}" y2="${at}" x1="0" x2="100%"/>`;
  });
  const columns = names.map((name, index) =>
    isAslant
      ? html`<svg x="${middle(index)}" y="0" overflow="visible"><text class="column" transform="translate(3 -6) rotate(-45)">${name}</text></svg>`
      : html`<text class="x" x="${middle(index)}" y="0" dy="-7">${name}</text>`,
  );
  return html`<figure class="matrix${isAslant ? " aslant" : ""}" style="--name:${Math.min(longest, longestName)}">
<p class="axis-name answers">answer</p><p class="axis-name labels">label</p>
<div class="square"><svg role="img" aria-label="Confusion matrix, ${size} classes: rows are labels, columns answers">
${lines}${cells}${columns}${names.map((name, index) => html`<text class="y" x="-7" y="${middle(index)}" dy="4">${name}</text>`)}
</svg></div></figure>`;
}

/** A class's name in the room that charts have. */
function shortName(name: string): string {
  return name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name;
}
