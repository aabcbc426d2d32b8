import { expect, test } from "vitest";
import { html } from "../../src/report/html.ts";

test("what is put in is escaped, in text and in attributes; HTML of its own is not", () => {
  const name = `"><script>alert('&')</script>`;
  const escaped = "&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;";
  expect(html`<p title="${name}">${name}</p>`.html).toBe(`<p title="${escaped}">${escaped}</p>`);
  expect(html`<ul>${[1, 2].map((one) => html`<li>${one}</li>`)}${false}${undefined}</ul>`.html).toBe(
    "<ul><li>1</li><li>2</li></ul>",
  );
});

test("an object out of a file is never HTML, whatever it looks like", () => {
  const forged = JSON.parse('{"html": "<script>alert(1)</script>"}') as { html: string };
  expect(html`${forged}`.html).not.toContain("<script");
});
