/** Text that is HTML already; made by {@link html} alone, which escapes everything else. */
export interface Html {
  readonly html: string;
}

/** What may stand in HTML: text and numbers, which are escaped, HTML, lists of these, and nothing. */
export type Part = Html | string | number | false | undefined | readonly Part[];

/**
 * A piece of HTML or SVG. What is put in with `${}` may come from anybody's file: it is escaped for text and for
 * quoted attributes, unless it was made by this function.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return trusted(strings.reduce((text, next, index) => text + partText(parts[index - 1]) + next));
}

/** What was made here: an object out of a file's JSON may look like {@link Html} too. */
const ours = new WeakSet<object>();

/** HTML that is part of this program, such as its style sheet. */
export function trusted(text: string): Html {
  const made = { html: text };
  ours.add(made);
  return made;
}

function partText(part: Part): string {
  if (part === undefined || part === false) return "";
  if (typeof part === "string") return escapeHtml(part);
  if (typeof part === "number") return String(part);
  if (Array.isArray(part)) return part.map(partText).join("");
  return ours.has(part) ? (part as Html).html : escapeHtml(JSON.stringify(part));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => entities[letter]!);
}
