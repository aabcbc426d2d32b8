import { formatCount, formatDuration, formatPercent } from "../core/numberText.ts";
import { type Fact, factList } from "./facts.ts";
import { type Html, html } from "./html.ts";
import { intervalChart } from "./intervals.ts";
import type { Report } from "./readReport.ts";

/** What somebody reads who reads nothing else. */
export function headline(report: Report): Html {
  const { model, timing, evaluations, validation } = report;
  const [main] = evaluations;
  const best = model?.progress.best;
  return html`<header>
<p class="eyebrow">Training report</p>
<h1>${titleOf(report)}</h1>
<p class="run">${report.name}${timing && html` · trained on ${day(timing.started)}`}</p>
<div class="hero">
${
  main
    ? html`<div class="score"><p class="big">${figure(main.metrics.accuracy)}<span> %</span></p>
<p>right on ${formatCount(main.metrics.count)} ${main.what} images,<br>95 % interval ${formatPercent(main.metrics.accuracyInterval.low)} to ${formatPercent(main.metrics.accuracyInterval.high)}</p></div>
${intervalChart(evaluations)}`
    : best &&
      html`<div class="score"><p class="big">${figure(best.accuracy)}<span> %</span></p><p>right on the validation images</p></div>`
}
</div>
${factList(facts(report, validation.accuracy?.length ?? 0))}
</header>`;
}

export function titleOf({ model, name }: Report): string {
  return model?.definition.name ?? name.split(/[\\/]/).filter(Boolean).at(-1) ?? name;
}

function facts({ model, timing, evaluations }: Report, epochs: number): Fact[] {
  const [main] = evaluations;
  const facts: Fact[] = [];
  if (model) {
    facts.push(["Parameters", formatCount(model.parameters)]);
    facts.push(["Multiply-adds", formatCount(model.multiplyAdds), "an image"]);
  }
  if (timing) {
    const passes = epochs > 0 ? `${epochs} ${epochs === 1 ? "epoch" : "epochs"}` : undefined;
    facts.push(["Trained in", formatDuration(timing.seconds), passes]);
  }
  if (model) {
    const { progress, config } = model;
    facts.push(["Best step", formatCount(progress.best?.step ?? progress.step)]);
    // A configuration's values are checked only where a training uses them.
    facts.push(["Optimizer", String(config.optimizer?.name), `learning rate ${config.learningRate}`]);
  }
  if (main) facts.push(["Data", main.data]);
  return facts;
}

function figure(share: number): string {
  return (share * 100).toFixed(2);
}

function day(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? "an unknown day" : time.toISOString().slice(0, 10);
}
