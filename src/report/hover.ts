/**
 * Reads a chart's values out at the pointer. The page is whole without it: it finds the values in the drawn curves,
 * whose places it turns back into numbers by the axes in `data-x` and `data-y`.
 */
export const hoverScript = `
for (const plot of document.querySelectorAll(".plot[data-x]")) {
  const scale = (text) => { const [kind, low, high] = text.split(" "); return { kind, low: +low, high: +high }; };
  const x = scale(plot.dataset.x), y = scale(plot.dataset.y);
  const valueAt = ({ kind, low, high }, place) => kind === "log" ? low * (high / low) ** place : low + (high - low) * place;
  const say = (value) => plot.dataset.percent ? (value * 100).toFixed(2) + " %"
    : Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en-US") : String(+value.toPrecision(3));
  const stepAt = (place) => Math.round(valueAt(x, place)).toLocaleString("en-US");
  const lines = [...plot.querySelectorAll("polyline[data-name]")].map((line) => ({
    name: line.dataset.name,
    color: line.classList[1],
    points: line.getAttribute("points").split(" ").map((point) => point.split(",").map(Number)),
  }));
  const rule = document.createElement("i");
  rule.className = "rule";
  const box = document.createElement("div");
  box.className = "readout";
  plot.append(rule, box);
  plot.addEventListener("pointermove", (event) => {
    const area = plot.querySelector("svg").getBoundingClientRect();
    const place = Math.min(1, Math.max(0, (event.clientX - area.left) / area.width));
    const nearest = lines.map(({ points }) => points.reduce((a, b) =>
      Math.abs(b[0] - place * 1000) < Math.abs(a[0] - place * 1000) ? b : a));
    if (nearest.length === 0) return;
    const at = nearest[0][0] / 1000;
    const head = document.createElement("b");
    head.textContent = "step " + stepAt(at);
    box.replaceChildren(head, ...lines.map(({ name, color }, i) => {
      const row = document.createElement("span");
      row.className = "key " + color;
      const own = nearest[i][0] === nearest[0][0] ? "" : " at step " + stepAt(nearest[i][0] / 1000);
      row.textContent = name + " " + say(valueAt(y, 1 - nearest[i][1] / 1000)) + own;
      return row;
    }));
    plot.classList.add("hovered");
    plot.style.setProperty("--at", at);
    box.classList.toggle("flipped", at > 0.55);
  });
  plot.addEventListener("pointerleave", () => plot.classList.remove("hovered"));
}
`;

/** What the page's security policy lets run: SHA-256 of {@link hoverScript}, in base64. */
export const hoverScriptHash = "sha256-nMev5RhDRT/WfS3aPaCiRKr0nFu59nngkBP8mVS6ze8=";
