/** Says at which path a value is not as it should be, and what was expected there; undefined where all is. */
export type JsonShape = (value: unknown, path: string) => string | undefined;

function described(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" && value !== null ? "an object" : JSON.stringify(value).slice(0, 60);
}

function shapeOf(expected: string, fits: (value: unknown) => boolean): JsonShape {
  return (value, path) =>
    fits(value) ? undefined : `${path || "the document"}: expected ${expected}, found ${described(value)}`;
}

export const anyText = shapeOf("text", (value) => typeof value === "string");

export const anyNumber = shapeOf("a number", Number.isFinite);

/** From 0 to 1. */
export const share = shapeOf(
  "a number from 0 to 1",
  (value) => typeof value === "number" && value >= 0 && value <= 1,
);

/** A whole number, 0 or above. */
export const whole = shapeOf("a whole number", (value) => Number.isSafeInteger(value) && Number(value) >= 0);

/** This very text. */
export function exactly(text: string): JsonShape {
  return shapeOf(JSON.stringify(text), (value) => value === text);
}

/** A list of what `item` describes. */
export function listOf(item: JsonShape): JsonShape {
  const isList = shapeOf("a list", Array.isArray);
  return (value, path) =>
    isList(value, path) ?? firstFault(value as unknown[], (one, i) => item(one, `${path}[${i}]`));
}

/** An object with at least these keys. */
export function objectOf(keys: Readonly<Record<string, JsonShape>>): JsonShape {
  const isObject = shapeOf(
    "an object",
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  return (value, path) =>
    isObject(value, path) ??
    firstFault(Object.entries(keys), ([key, shape]) =>
      shape((value as Record<string, unknown>)[key], path === "" ? key : `${path}.${key}`),
    );
}

function firstFault<T>(
  values: readonly T[],
  faultOf: (value: T, index: number) => string | undefined,
): string | undefined {
  for (const [index, value] of values.entries()) {
    const fault = faultOf(value, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
