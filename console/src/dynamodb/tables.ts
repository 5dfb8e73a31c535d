import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  UpdateTableCommand,
  type CreateTableCommandInput,
  type ScalarAttributeType,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";

import type { Action } from "../kit/actions";
import { clientOf } from "../kit/clients";
import type { Some } from "../kit/Listing";

export const dynamodb = () => clientOf(DynamoDBClient);

export const KEY_TYPES: Record<ScalarAttributeType, string> = { S: "String", N: "Number", B: "Binary" };

export async function tableNames(): Promise<string[]> {
  const { TableNames = [] } = await dynamodb().send(new ListTablesCommand({}));
  return TableNames;
}

export async function described(name: string): Promise<TableDescription> {
  const { Table } = await dynamodb().send(new DescribeTableCommand({ TableName: name }));
  return Table!;
}

export async function someTables(from?: string): Promise<Some<TableDescription>> {
  const { TableNames = [], LastEvaluatedTableName: next } = await dynamodb().send(
    new ListTablesCommand({ ExclusiveStartTableName: from, Limit: 100 }),
  );
  const items = await Promise.all(TableNames.map(described));
  return { items, next };
}

/** A key's name and type, as `id (N)`; empty where the table has no such key. */
export function keyOf(table: TableDescription, kind: "HASH" | "RANGE"): { name: string; type: ScalarAttributeType } | undefined {
  const name = table.KeySchema?.find(({ KeyType }) => KeyType === kind)?.AttributeName;
  const type = table.AttributeDefinitions?.find(({ AttributeName }) => AttributeName === name)?.AttributeType;
  return name && type ? { name, type } : undefined;
}

export function keyText(table: TableDescription, kind: "HASH" | "RANGE"): string {
  const key = keyOf(table, kind);
  return key ? `${key.name} (${key.type})` : "";
}

export function isOnDemand(table: TableDescription): boolean {
  return table.BillingModeSummary?.BillingMode === "PAY_PER_REQUEST";
}

export function isChanging(table: TableDescription): boolean {
  return table.TableStatus === "CREATING" || table.TableStatus === "UPDATING" || table.TableStatus === "DELETING";
}

export const deleteTables: Action<TableDescription> = {
  label: "Delete",
  takes: "some",
  confirm: (tables) => ({
    header: `Delete ${tables.map(({ TableName }) => TableName).join(", ")}?`,
    says: "Its items are deleted too.",
    word: "confirm",
  }),
  run: async (tables) => {
    for (const { TableName } of tables) await dynamodb().send(new DeleteTableCommand({ TableName }));
    return `${tables.map(({ TableName }) => TableName).join(", ")} is being deleted.`;
  },
};

export interface Capacity {
  mode: "PAY_PER_REQUEST" | "PROVISIONED";
  read: string;
  write: string;
}

/** What the walkthrough's console proposed for a table with provisioned capacity. */
export const PROPOSED: Capacity = { mode: "PAY_PER_REQUEST", read: "5", write: "5" };

function throughput({ mode, read, write }: Capacity) {
  if (mode === "PAY_PER_REQUEST") return { BillingMode: mode };
  return {
    BillingMode: mode,
    ProvisionedThroughput: { ReadCapacityUnits: Number(read), WriteCapacityUnits: Number(write) },
  };
}

export async function saveCapacity(name: string, capacity: Capacity): Promise<void> {
  await dynamodb().send(new UpdateTableCommand({ TableName: name, ...throughput(capacity) }));
}

export interface NewTable {
  name: string;
  partition: { name: string; type: ScalarAttributeType };
  sort: { name: string; type: ScalarAttributeType };
  capacity: Capacity;
  scaling: Scaling;
  isProtected: boolean;
  tags: { key: string; value: string }[];
}

/** Bounds for both capacities, as Application Auto Scaling keeps them. */
export interface Scaling {
  isOn: boolean;
  least: string;
  most: string;
  percent: string;
}

export async function createTable(table: NewTable): Promise<void> {
  const keys = [table.partition, ...(table.sort.name ? [table.sort] : [])];
  const asked: CreateTableCommandInput = {
    TableName: table.name,
    AttributeDefinitions: keys.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keys.map(({ name }, place) => ({ AttributeName: name, KeyType: place ? "RANGE" : "HASH" })),
    DeletionProtectionEnabled: table.isProtected,
    ...throughput(table.capacity),
    ...(table.tags.length && { Tags: table.tags.map(({ key, value }) => ({ Key: key, Value: value })) }),
  };
  await dynamodb().send(new CreateTableCommand(asked));
  if (table.capacity.mode === "PROVISIONED" && table.scaling.isOn) await scale(table.name, table.scaling);
}

async function scale(table: string, { least, most, percent }: Scaling): Promise<void> {
  const { ApplicationAutoScalingClient, PutScalingPolicyCommand, RegisterScalableTargetCommand } = await import(
    "@aws-sdk/client-application-auto-scaling"
  );
  const scaling = clientOf(ApplicationAutoScalingClient);
  for (const unit of ["Read", "Write"] as const) {
    const target = {
      ServiceNamespace: "dynamodb" as const,
      ResourceId: `table/${table}`,
      ScalableDimension: `dynamodb:table:${unit}CapacityUnits` as const,
    };
    await scaling.send(
      new RegisterScalableTargetCommand({ ...target, MinCapacity: Number(least), MaxCapacity: Number(most) }),
    );
    await scaling.send(
      new PutScalingPolicyCommand({
        ...target,
        PolicyName: `DynamoDB${unit}CapacityUtilization:${target.ResourceId}`,
        PolicyType: "TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration: {
          TargetValue: Number(percent),
          PredefinedMetricSpecification: { PredefinedMetricType: `DynamoDB${unit}CapacityUtilization` },
        },
      }),
    );
  }
}
