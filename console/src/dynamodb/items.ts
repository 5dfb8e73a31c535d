import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";

import type { Some } from "../kit/Listing";
import { fromJson, toJson, valueOf, type Item } from "./attributes";
import { filtered, type Condition, type Filter } from "./filters";
import { dynamodb, keyOf } from "./tables";

const AT_ONCE = 300;

/** Which items are wanted: all, or those of one partition key; of these, the ones that pass all filters. */
export interface Search {
  by: "scan" | "query";
  partition: string;
  compare: keyof typeof COMPARISONS;
  sort: string;
  filters: Filter[];
}

export const EVERYTHING: Search = { by: "scan", partition: "", compare: "=", sort: "", filters: [] };

export const COMPARISONS = {
  "=": "Equal to",
  "<": "Less than",
  "<=": "Less than or equal to",
  ">": "Greater than",
  ">=": "Greater than or equal to",
  begins_with: "Begins with",
};

export async function someItems(table: TableDescription, search: Search, from?: string): Promise<Some<Item>> {
  const filter = filtered(search.filters);
  const key = search.by === "query" ? keyCondition(table, search) : undefined;
  const names = { ...filter.names, ...key?.names };
  const values = { ...filter.values, ...key?.values };
  const page = {
    TableName: table.TableName,
    Limit: AT_ONCE,
    ...(from && { ExclusiveStartKey: keyFrom(from) }),
    ...(filter.says && { FilterExpression: filter.says }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: names }),
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
  };
  const answer = await dynamodb().send(
    key ? new QueryCommand({ ...page, KeyConditionExpression: key.says }) : new ScanCommand(page),
  );
  const next = answer.LastEvaluatedKey && JSON.stringify(toJson(answer.LastEvaluatedKey));
  return { items: answer.Items ?? [], next };
}

function keyCondition(table: TableDescription, { partition, compare, sort }: Search): Condition {
  const hash = keyOf(table, "HASH")!;
  const range = keyOf(table, "RANGE");
  const names: Record<string, string> = { "#partition": hash.name };
  const values: Item = { ":partition": valueOf({ ...hash, text: partition }) };
  let says = "#partition = :partition";
  if (range && sort) {
    names["#sort"] = range.name;
    values[":sort"] = valueOf({ ...range, text: sort });
    says += compare === "begins_with" ? " AND begins_with(#sort, :sort)" : ` AND #sort ${compare} :sort`;
  }
  return { says, names, values };
}

/** The key of an item, as text for a page's address. */
export function keyTo(table: TableDescription, item: Item): string {
  const names = (table.KeySchema ?? []).map(({ AttributeName = "" }) => AttributeName);
  return JSON.stringify(toJson(Object.fromEntries(names.map((name) => [name, item[name]!]))));
}

function keyFrom(text: string): Item {
  const json = JSON.parse(text) as Record<string, Record<string, unknown>>;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, fromJson(value)]));
}

export async function oneItem(table: string, key: string): Promise<Item> {
  const { Item: item } = await dynamodb().send(new GetItemCommand({ TableName: table, Key: keyFrom(key) }));
  if (!item) throw new Error(`${table} has no item with the key ${key}: it may have been deleted.`);
  return item;
}

/** Put an item; a new one never replaces another. */
export async function putItem(table: TableDescription, item: Item, isNew: boolean): Promise<void> {
  const { name } = keyOf(table, "HASH")!;
  const condition = { ConditionExpression: "attribute_not_exists(#key)", ExpressionAttributeNames: { "#key": name } };
  await dynamodb().send(new PutItemCommand({ TableName: table.TableName, Item: item, ...(isNew && condition) }));
}

export async function deleteItem(table: string, key: string): Promise<void> {
  await dynamodb().send(new DeleteItemCommand({ TableName: table, Key: keyFrom(key) }));
}
