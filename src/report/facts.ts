import { type Html, html } from "./html.ts";

/** A name, its value, and a small word on it. */
export type Fact = readonly [name: string, value: string, note?: string | undefined];

/** Numbers side by side, each under its name. */
export function factList(facts: readonly Fact[]): Html {
  return html`<dl class="facts">${facts.map(([name, value, note]) => html`<div><dt>${name}</dt><dd${value.length > 16 && html` class="long"`}>${breakable(value)}${note !== undefined && html`<small>${note}</small>`}</dd></div>`)}</dl>`;
}

/** A path may go on in the next line after a slash. */
function breakable(text: string): Html {
  return html`${text.split(/(?<=[/\\])/).map((piece, index) => html`${index > 0 && html`<wbr>`}${piece}`)}`;
}
