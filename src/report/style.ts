/** The report's style sheet. Colours are named once for light and once for dark; paper is always light. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1c1f24; --soft: #5a616b; --rule: #e2e2dc; --grid: #ebebe6;
  --cool: #2563b0; --warm: #c4570d; --strong: #1c1f24;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1a1e23; --ink: #e6e8eb; --soft: #9aa3ae; --rule: #2c3138; --grid: #252a30;
    --cool: #7db2f0; --warm: #f0a060; --strong: #14171b;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.55 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1120px; margin: 0 auto; padding: clamp(28px, 6vw, 72px) clamp(18px, 4vw, 48px); }
h1, h2, h3, p, dl, dd, figure, ul { margin: 0; }
h1 { font-size: clamp(30px, 5vw, 44px); line-height: 1.1; font-weight: 650; letter-spacing: -0.02em; overflow-wrap: anywhere; }
h2 { font-size: 24px; line-height: 1.2; font-weight: 650; letter-spacing: -0.01em; margin-bottom: 18px; }
h3 { font-size: 15px; font-weight: 650; margin: 36px 0 14px; }
small { font-size: 12.5px; color: var(--soft); }
.eyebrow { color: var(--cool); font-size: 12.5px; font-weight: 600; letter-spacing: 0.08em; text-transform: uppercase; margin-bottom: 8px; }
.run, .lead, .note { color: var(--soft); overflow-wrap: anywhere; }
.run { margin-top: 8px; }
.note { font-size: 13px; margin-top: 10px; max-width: 90ch; }
.lead { max-width: 90ch; margin-bottom: 22px; }
.lead, .note { text-wrap: pretty; }
section { margin-top: 56px; padding-top: 30px; border-top: 1px solid var(--rule); }
nav { display: flex; flex-wrap: wrap; gap: 4px 22px; margin-top: 34px; font-size: 14px; }
nav a { color: var(--soft); text-decoration: none; border-bottom: 1px solid transparent; padding: 4px 0; }
nav a:hover { color: var(--ink); border-color: var(--cool); }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--cool); outline-offset: 3px; }

.hero { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 28px 56px; align-items: center; margin: 34px 0 38px; }
.big { font-size: clamp(64px, 11vw, 104px); line-height: 1; font-weight: 300; letter-spacing: -0.04em; margin-bottom: 10px; }
.big span { font-size: 0.42em; letter-spacing: 0; color: var(--soft); }
.score p:last-child { color: var(--soft); }
.facts { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 22px 24px; }
@media (max-width: 960px) { .facts { grid-template-columns: repeat(3, minmax(0, 1fr)); } }
@media (max-width: 480px) { .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.facts dt { font-size: 12.5px; color: var(--soft); }
.facts dd { font-size: 19px; line-height: 1.35; font-weight: 500; overflow-wrap: anywhere; }
.facts dd.long { font-size: 14px; line-height: 1.4; padding-top: 4px; }
.facts small { display: block; font-weight: 400; }

svg { display: block; width: 100%; height: 100%; overflow: visible; }
svg svg { overflow: hidden; }
svg svg[overflow="visible"] { overflow: visible; }
svg text { font-size: 12px; fill: var(--soft); }
text.x { text-anchor: middle; }
text.y { text-anchor: end; }
line.grid { stroke: var(--grid); }
line.axis { stroke: var(--soft); stroke-opacity: 0.6; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.line.faint { stroke-width: 1; stroke-opacity: 0.28; }
.line.train { stroke: var(--cool); } .line.held-out { stroke: var(--warm); } .line.plain { stroke: var(--ink); }
.dot { stroke: var(--paper); stroke-width: 1.5; }
.dot.train { fill: var(--cool); } .dot.held-out { fill: var(--warm); }
.whisker { stroke-width: 3; stroke-linecap: round; stroke-opacity: 0.4; }
.whisker.train { stroke: var(--cool); } .whisker.held-out { stroke: var(--warm); }
.intervals { padding: 0 8px 0 84px; }
.intervals svg { height: var(--height); }
.intervals .x-label { display: block; padding-top: 22px; }

.charts, .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 40px 56px; }
.pair h3 { margin-top: 26px; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 18px; align-items: baseline; }
figcaption b { font-weight: 650; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin-left: auto; font-size: 13px; color: var(--soft); }
.key::before { content: ""; display: inline-block; width: 14px; height: 3px; border-radius: 2px; margin-right: 6px; vertical-align: 4px; background: var(--ink); }
.key.train::before { background: var(--cool); } .key.held-out::before, .key.too-sure::before { background: var(--warm); }
.key.unsure::before { background: var(--cool); opacity: 0.4; }
.plot { position: relative; height: 232px; margin: 14px 10px 0 54px; }
.plot > svg { touch-action: pan-y; }
.x-label { text-align: center; font-size: 12.5px; color: var(--soft); padding: 24px 0 0 44px; }
.rule, .readout { position: absolute; display: none; pointer-events: none; }
.hovered .rule, .hovered .readout { display: block; }
.rule { top: 0; bottom: 0; left: calc(var(--at) * 100%); width: 1px; background: var(--soft); }
.readout { top: 6px; left: calc(var(--at) * 100% + 10px); background: var(--card); border: 1px solid var(--rule); border-radius: 6px; padding: 6px 10px; font-size: 12.5px; line-height: 1.5; white-space: nowrap; box-shadow: 0 2px 10px rgb(0 0 0 / 0.1); }
.readout.flipped { left: auto; right: calc((1 - var(--at)) * 100% + 10px); }
.readout span { display: block; }

.matrix { position: relative; max-width: 560px; --left: calc(var(--name) * 7px + 34px); padding: 46px 2px 0 var(--left); }
.matrix.aslant { padding-top: calc(var(--name) * 5.2px + 46px); padding-right: calc(var(--name) * 3.4px); }
.square { aspect-ratio: 1; }
.axis-name { position: absolute; font-size: 12.5px; color: var(--soft); }
.answers { top: 0; left: var(--left); right: 0; text-align: center; }
.labels { left: 0; bottom: 0; height: calc(100% - 46px); writing-mode: vertical-rl; transform: rotate(180deg); text-align: center; line-height: 1; }
rect.right { fill: var(--cool); } rect.wrong { fill: var(--warm); }
text.count { text-anchor: middle; fill: var(--ink); }
text.count.strong { fill: var(--strong); font-weight: 600; }
@media (max-width: 480px) {
  .matrix { --left: calc(var(--name) * 6.2px + 20px); }
  .matrix.aslant { padding-right: calc(var(--name) * 2px); }
  text.count { font-size: 10px; letter-spacing: -0.03em; }
  .matrix text.y { font-size: 11px; }
  .matrix text.x { font-size: 10px; }
}

.reliability { height: 250px; }
.counts { height: 74px; margin-top: 12px; }
rect.right-share { fill: var(--cool); fill-opacity: 0.75; }
rect.too-sure { fill: var(--warm); fill-opacity: 0.45; }
rect.unsure { fill: var(--cool); fill-opacity: 0.3; }
rect.bin-count { fill: var(--soft); fill-opacity: 0.45; }
line.range { stroke: var(--ink); stroke-opacity: 0.55; stroke-width: 1.5; }
line.diagonal { stroke: var(--ink); stroke-dasharray: 4 4; stroke-opacity: 0.7; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 7px 18px 7px 0; border-bottom: 1px solid var(--grid); font-weight: 400; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: 12.5px; color: var(--soft); border-bottom-color: var(--rule); }
tbody th { font-weight: 500; }
td small { display: block; white-space: normal; }
tfoot th, tfoot td { border-bottom: 0; font-weight: 650; }
.number { text-align: right; }
.none { color: var(--soft); }
.bar { display: inline-block; width: clamp(28px, 7vw, 84px); height: 7px; margin-left: 10px; border-radius: 2px; background: var(--grid); vertical-align: 1px; overflow: hidden; }
.bar i { display: block; height: 100%; border-radius: 2px; background: var(--cool); }
.bar.lack i { background: var(--warm); }
@media (max-width: 480px) {
  th, td { padding-right: 14px; }
  .bar { display: block; width: 100%; height: 4px; margin: 2px 0 0; }
}
.tag { font-size: 11.5px; color: var(--cool); border: 1px solid currentColor; border-radius: 9px; padding: 0 7px; margin-left: 6px; }
.robustness { max-width: 640px; border-collapse: separate; border-spacing: 3px; }
.robustness th, .robustness td { border: 0; padding: 7px 12px; }
.robustness th:first-child { padding-left: 0; }
.robustness td, .robustness thead th:not(:first-child) { text-align: center; }
td.heat { background: color-mix(in srgb, var(--warm) var(--heat), var(--paper)); border-radius: 4px; }
td.heat.strong { color: var(--strong); font-weight: 600; }

.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(100px, 1fr)); gap: 22px 16px; margin-top: 16px; }
.picture { max-width: 128px; border: 1px solid var(--rule); border-radius: 4px; overflow: hidden; }
.mistake img { display: block; width: 100%; height: auto; aspect-ratio: 1; image-rendering: pixelated; filter: invert(1); }
@media screen and (prefers-color-scheme: dark) { .mistake img { filter: none; } }
.mistake figcaption { display: block; font-size: 13px; line-height: 1.4; margin-top: 6px; overflow-wrap: anywhere; }
.mistake figcaption span { display: block; }
.answer { color: var(--warm); }
.label { color: var(--soft); }
details { margin-top: 22px; }
summary { cursor: pointer; color: var(--soft); font-size: 14px; }

.settings { columns: 300px 3; column-gap: 48px; font-size: 14px; }
.settings div { display: flex; justify-content: space-between; gap: 18px; padding: 5px 0; border-bottom: 1px solid var(--grid); break-inside: avoid; }
.settings dt { color: var(--soft); }
.settings dd { text-align: right; overflow-wrap: anywhere; }
aside { margin-top: 34px; padding: 14px 18px; border-left: 3px solid var(--warm); background: var(--card); font-size: 14px; overflow-wrap: anywhere; }
aside ul, footer ul { padding-left: 18px; margin-top: 4px; }
footer { margin-top: 64px; padding-top: 22px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 13px; }

@media print {
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; background: none; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { padding: 0; max-width: none; }
  nav { display: none; }
  section { margin-top: 26px; padding-top: 18px; break-inside: auto; }
  h2, h3 { break-after: avoid; }
  figure, tr, .facts div { break-inside: avoid; }
  .hero { grid-template-columns: 1fr 1fr; }
  .facts { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .matrix text.x { font-size: 9px; }
  text.count { font-size: 10px; }
  .charts, .pair { grid-template-columns: 1fr 1fr; gap: 24px 32px; }
  .scroll { overflow: visible; }
}
`;
