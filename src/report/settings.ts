/** A nested value as flat names and texts: `{optimizer: {name: "adam"}}` as `optimizer.name`, `adam`. */
export function settingsOf(value: object, prefix = ""): readonly (readonly [name: string, text: string])[] {
  return Object.entries(value).flatMap(([key, one]: [string, unknown]) => {
    const name = `${prefix}${key}`;
    if (typeof one === "object" && one !== null && !Array.isArray(one)) return settingsOf(one, `${name}.`);
    return [[name, Array.isArray(one) ? one.map(text).join(", ") : text(one)] as const];
  });
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}
