import type { AttributeValue } from "@aws-sdk/client-dynamodb";

import { lines } from "../kit/lines";

/** DynamoDB's types of attributes: API/AttributeValue. */
export const TYPES = {
  S: "String",
  N: "Number",
  BOOL: "Boolean",
  B: "Binary",
  NULL: "Null",
  SS: "String set",
  NS: "Number set",
  BS: "Binary set",
  L: "List",
  M: "Map",
};
export type Type = keyof typeof TYPES;

/** An attribute in a form: a set has one value per line, bytes are base64, L and M are DynamoDB JSON. */
export interface Attribute {
  name: string;
  type: Type;
  text: string;
}

export type Item = Record<string, AttributeValue>;

export function typeOf(value: AttributeValue): Type {
  return Object.keys(value)[0] as Type;
}

/** A value as text, for a table or a form. */
export function textOf(value: AttributeValue): string {
  const type = typeOf(value);
  const held: unknown = toJson(value)[type];
  if (type === "NULL") return "null";
  if (type === "SS" || type === "NS" || type === "BS") return (held as string[]).join("\n");
  return type === "L" || type === "M" ? JSON.stringify(held) : String(held);
}

/** The value of a form's text. Throws an Error that says what was wanted. */
export function valueOf({ name, type, text }: Attribute): AttributeValue {
  try {
    switch (type) {
      case "S":
      case "N":
        return fromJson({ [type]: type === "N" ? text.trim() : text });
      case "BOOL":
        if (!/^(true|false)$/.test(text)) throw new Error("true or false");
        return { BOOL: text === "true" };
      case "NULL":
        return { NULL: true };
      case "SS":
      case "NS":
      case "BS":
        return fromJson({ [type]: lines(text) });
      default:
        return fromJson({ [type]: type === "B" ? text.trim() : JSON.parse(text) });
    }
  } catch (error) {
    throw new Error(`Attribute ${name}: wanted ${TYPES[type]}, got ${text || "nothing"} (${(error as Error).message})`);
  }
}

/** An item as DynamoDB JSON, with bytes in base64. */
export function toJson(value: unknown): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(value, (_, each) => (each instanceof Uint8Array ? btoa(String.fromCharCode(...each)) : each)),
  );
}

/** The SDK's value of DynamoDB JSON: base64 becomes bytes. */
export function fromJson(json: Record<string, unknown>): AttributeValue {
  const [[type, held] = ["", null], ...more] = Object.entries(json);
  if (!(type in TYPES) || more.length) throw new Error(`wanted one type such as {"S": "text"}, got ${JSON.stringify(json)}`);
  const nested = held as Record<string, Record<string, unknown>>;
  switch (type) {
    case "B":
      return { B: bytes(held as string) };
    case "BS":
      return { BS: (held as string[]).map(bytes) };
    case "L":
      return { L: (held as Record<string, unknown>[]).map(fromJson) };
    case "M":
      return { M: itemFromJson(nested) };
    default:
      return { [type]: held } as unknown as AttributeValue;
  }
}

export function itemFromJson(json: Record<string, Record<string, unknown>>): Item {
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fromJson(value)]));
}

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
}
