import {
  createFileRegistry,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

/**
 * Published protobuf messages, written down for protobuf's own generic decoder: an oracle that shares no code with
 * ours above the wire.
 */
const SCALARS = { double: 1, float: 2, int64: 3, int32: 5, bool: 8, string: 9, bytes: 12 } as const;
const LABELS = { one: 1, many: 3 } as const;

/** `name: "number type"`; `[type]` is repeated, another type than protobuf's own is a message. */
type Fields = Readonly<Record<string, `${number} ${string}`>>;

/** A message of `package`. */
export function message(
  packageName: string,
  name: string,
  fields: Fields,
  more: JsonObject = {},
): JsonObject {
  const field = Object.entries(fields).map(([name, text]) => {
    const [number, type = ""] = text.split(" ");
    const bare = type.replace(/[[\]]/g, "");
    const scalar = bare in SCALARS ? SCALARS[bare as keyof typeof SCALARS] : undefined;
    return {
      name,
      jsonName: name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()),
      number: Number(number),
      label: type === bare ? LABELS.one : LABELS.many,
      ...(scalar ? { type: scalar } : { type: 11, typeName: `.${packageName}.${bare}` }),
    };
  });
  return { name, field, ...more };
}

/** Decodes a message of a package to JSON: field names in camelCase, int64 as text, bytes in base64. */
export function messageDecoder(
  packageName: string,
  messages: readonly JsonObject[],
): (name: string, bytes: Uint8Array) => JsonValue {
  const file = {
    name: `${packageName}.proto`,
    package: packageName,
    syntax: "proto3",
    messageType: [...messages],
  };
  const registry = createFileRegistry(fromJson(FileDescriptorSetSchema, { file: [file] }));
  return (name, bytes) => {
    const schema = registry.getMessage(`${packageName}.${name}`);
    if (!schema) throw new Error(`no message ${name}`);
    return toJson(schema, fromBinary(schema, bytes));
  };
}
