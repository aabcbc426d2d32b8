import { configurationTable } from "./configuration.ts";
import { epochTable } from "./epochTable.ts";
import { evaluationSection } from "./evaluation.ts";
import { headline, titleOf } from "./headline.ts";
import { hoverScript, hoverScriptHash } from "./hover.ts";
import { type Html, html, trusted } from "./html.ts";
import { learningSection } from "./learning.ts";
import { modelTable } from "./modelTable.ts";
import type { Report } from "./readReport.ts";
import { robustnessSection } from "./robustness.ts";
import { style } from "./style.ts";

interface Section {
  readonly id: string;
  readonly title: string;
  /** Nothing where the run does not have it. */
  readonly content: Html | undefined;
  /** What would have to be done to have it. */
  readonly missing?: string;
}

/**
 * The report as one HTML page that needs nothing else: pictures, drawings, style and script are in it, and its
 * security policy lets it load nothing. The same report gives the same page.
 */
export function reportPage(report: Report): string {
  const sections = sectionsOf(report);
  const there = sections.filter(({ content }) => content);
  const policy = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src '${hoverScriptHash}'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${titleOf(report)} · training report</title>
<style>${trusted(style)}</style>
</head>
<body>
<main>
${headline(report)}
${report.notes.length > 0 && html`<aside><b>Not all of this run can be read.</b><ul>${report.notes.map((note) => html`<li>${note}</li>`)}</ul></aside>`}
<nav aria-label="Sections">${there.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>
${there.map(({ id, title, content }) => html`<section id="${id}"><h2>${title}</h2>${content}</section>`)}
${missingParts(sections)}
</main>
<script>${trusted(hoverScript)}</script>
</body>
</html>
`;
  return page.html;
}

function sectionsOf(report: Report): readonly Section[] {
  const { model, evaluations, robustness } = report;
  const temperature = model?.calibration?.temperature;
  const evaluated = evaluations.map((evaluation, index) => ({
    id: `evaluation-${index + 1}`,
    title: `On the ${evaluation.what} images`,
    content: evaluationSection(evaluation, temperature),
  }));
  const has = (what: string) => evaluations.some((one) => one.what === what);
  const absent = (title: string, missing: string): Section => ({
    id: "",
    title,
    content: undefined,
    missing,
  });
  return [
    {
      id: "learning",
      title: "Learning",
      content: learningSection(report),
      missing: "there are no event files in train/ and validation/",
    },
    ...evaluated,
    ...(has("test") ? [] : [absent("On the test images", "mnist validate writes evaluations/test.json")]),
    ...(has("validation")
      ? []
      : [absent("On the validation images", "mnist train writes evaluations/validation.json")]),
    {
      id: "robustness",
      title: "Robustness",
      content: robustness && robustnessSection(robustness),
      missing: "mnist validate --robustness writes evaluations/robustness.json",
    },
    { id: "time", title: "Time", content: epochTable(report), missing: "no epoch was evaluated" },
    {
      id: "model",
      title: "Model",
      content: model && modelTable(model),
      missing: "there is no model.safetensors, and no checkpoint that can be read",
    },
    {
      id: "configuration",
      title: "Configuration",
      content: model && configurationTable(model),
      missing: "it is in the same files",
    },
  ];
}

function missingParts(sections: readonly Section[]): Html | undefined {
  const missing = sections.filter(({ content }) => !content);
  if (missing.length === 0) return undefined;
  return html`<footer><b>Not in this report</b><ul>${missing.map((one) => html`<li>${one.title}: ${one.missing}</li>`)}</ul></footer>`;
}
