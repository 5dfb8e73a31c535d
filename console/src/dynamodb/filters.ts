import { valueOf, type Attribute, type Item } from "./attributes";

/** A condition on an attribute: a scan or query only returns items that fulfill it. */
export interface Filter extends Attribute {
  compare: keyof typeof CONDITIONS;
}

/** DynamoDB's conditions on one attribute: Developer Guide, Expressions.OperatorsAndFunctions. */
export const CONDITIONS = {
  "=": "Equal to",
  "<>": "Not equal to",
  "<": "Less than",
  "<=": "Less than or equal to",
  ">": "Greater than",
  ">=": "Greater than or equal to",
  begins_with: "Begins with",
  contains: "Contains",
  attribute_exists: "Exists",
  attribute_not_exists: "Not exists",
};

export function hasValue({ compare, type }: Filter): boolean {
  return !compare.startsWith("attribute_") && type !== "NULL";
}

/** A DynamoDB expression, with the names and values of its placeholders. */
export interface Condition {
  says: string;
  names: Record<string, string>;
  values: Item;
}

/** The condition that all filters are fulfilled; an empty one if there are none. */
export function filtered(filters: Filter[]): Condition {
  const names: Record<string, string> = {};
  const values: Item = {};
  const conditions = filters.map((filter, at) => {
    const [name, value] = [`#filter${at}`, `:filter${at}`];
    names[name] = filter.name;
    if (filter.compare.startsWith("attribute_")) return `${filter.compare}(${name})`;
    values[value] = valueOf(filter);
    return /^\w/.test(filter.compare) ? `${filter.compare}(${name}, ${value})` : `${name} ${filter.compare} ${value}`;
  });
  return { says: conditions.join(" AND "), names, values };
}
