import { type Html, html } from "./html.ts";
import type { ModelReport } from "./model.ts";
import { settingsOf } from "./settings.ts";

/** All that decided what the training computed, each value under the name that it has in the checkpoint. */
export function configurationTable({ config, definition, progress, calibration, file }: ModelReport): Html {
  const rows = [
    ...settingsOf({ ...config }),
    ...settingsOf({ input: definition.input, classes: definition.classes }),
    ...settingsOf({ progress, ...(calibration && { calibration }), weights: file }),
  ];
  return html`<dl class="settings">${rows.map(([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>`)}</dl>`;
}
