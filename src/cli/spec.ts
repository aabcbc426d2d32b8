import { MnistError } from "../core/errors.ts";

type Named = Readonly<Record<string, { readonly name: string }>>;

/** `oneCycle` as it is typed on a command line: `one-cycle`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * Reads `name` or `name:key=value,key=value,flag`, where `defaults` has the names, their keys and their values.
 *
 * @throws MnistError `BAD_ARGUMENT`, saying what there is to choose from.
 */
export function parseSpec<T extends Named>(option: string, text: string, defaults: T): T[keyof T] {
  const [name = "", settings = ""] = text.split(/:(.*)/s);
  const base = Object.values(defaults).find((one) => kebab(one.name) === kebab(name));
  if (!base) {
    const names = Object.keys(defaults).map(kebab).join(", ");
    throw new MnistError("BAD_ARGUMENT", `${option}: expected one of ${names}, found "${name}"`);
  }
  const values: Record<string, unknown> = { ...base };
  for (const setting of settings.split(",").filter((one) => one !== "")) {
    const [key = "", value] = setting.split("=");
    const known = Object.keys(base).filter((one) => one !== "name");
    if (!known.includes(key)) {
      const has = known.length > 0 ? `it has ${known.join(", ")}` : "it has none";
      throw new MnistError("BAD_ARGUMENT", `${option}: ${kebab(base.name)} has no setting "${key}"; ${has}`);
    }
    if (typeof values[key] === "boolean") values[key] = value === undefined || value === "true";
    else values[key] = parseNumber(`${option}: ${key}`, value ?? "");
  }
  return values as T[keyof T];
}

/**
 * The same out of a file: the text that a command line takes, or an object with `name` and, of the settings, those that
 * are to be otherwise than by default.
 *
 * @throws MnistError `BAD_ARGUMENT`, beginning with `where`.
 */
export function specOf<T extends Named>(where: string, value: unknown, defaults: T): T[keyof T] {
  if (typeof value === "string") return parseSpec(where, value, defaults);
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string") {
    const names = Object.keys(defaults).map(kebab).join(", ");
    throw new MnistError(
      "BAD_ARGUMENT",
      `${where}: expected one of ${names}, or an object that has it as its name, found ${JSON.stringify(value)}`,
    );
  }
  const base = parseSpec(where, value.name, defaults);
  const settings: Record<string, unknown> = { ...base };
  for (const [key, setting] of Object.entries(value)) {
    if (key === "name") continue;
    if (!Object.hasOwn(base, key)) {
      const known = Object.keys(base).filter((one) => one !== "name");
      const has = known.length > 0 ? `it has ${known.join(", ")}` : "it has none";
      throw new MnistError("BAD_ARGUMENT", `${where}: ${kebab(base.name)} has no setting "${key}"; ${has}`);
    }
    if (typeof setting !== typeof settings[key]) {
      const expected = typeof settings[key] === "boolean" ? "true or false" : "a number";
      throw new MnistError(
        "BAD_ARGUMENT",
        `${where}: ${key}: expected ${expected}, found ${JSON.stringify(setting)}`,
      );
    }
    settings[key] = setting;
  }
  return settings as T[keyof T];
}

/** A number typed by a person: `0.001`, `1e-3`, `20_000`. */
export function parseNumber(what: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text.replaceAll("_", ""));
  if (!Number.isFinite(value))
    throw new MnistError("BAD_ARGUMENT", `${what}: expected a number, found "${text}"`);
  return value;
}

/** Names and settings of `defaults` for a help text: `momentum:momentum=0.9,nesterov=false`. */
export function describeSpecs(defaults: Named): string {
  return Object.values(defaults)
    .map((one) => {
      const settings = Object.entries(one).filter(([key]) => key !== "name");
      const list = settings.map(([key, value]) => `${key}=${String(value)}`).join(",");
      return list === "" ? kebab(one.name) : `${kebab(one.name)}:${list}`;
    })
    .join("\n  ");
}
