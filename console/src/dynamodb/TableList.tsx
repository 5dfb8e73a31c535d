import type { TableDescription } from "@aws-sdk/client-dynamodb";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { to } from "../app/route";
import { Listing, type Column } from "../kit/Listing";
import { size } from "../kit/saving";
import { deleteTables, isChanging, isOnDemand, keyText, someTables } from "./tables";

export function Status({ of }: { of?: string }) {
  const type = of === "ACTIVE" ? "success" : of?.endsWith("ING") ? "in-progress" : "warning";
  return <StatusIndicator type={type}>{of ? of[0] + of.slice(1).toLowerCase() : "-"}</StatusIndicator>;
}

const units = (unit: "Read" | "Write") => (table: TableDescription) =>
  isOnDemand(table) ? "On-demand" : `Provisioned (${table.ProvisionedThroughput?.[`${unit}CapacityUnits`] ?? "-"})`;

const columns: Column<TableDescription>[] = [
  { header: "Name", text: ({ TableName = "" }) => TableName, href: ({ TableName = "" }) => to("dynamodb", "tables", TableName) },
  { header: "Status", text: ({ TableStatus = "" }) => TableStatus, show: ({ TableStatus }) => <Status of={TableStatus} /> },
  { header: "Partition key", text: (table) => keyText(table, "HASH") },
  { header: "Sort key", text: (table) => keyText(table, "RANGE") },
  { header: "Indexes", text: ({ GlobalSecondaryIndexes = [] }) => String(GlobalSecondaryIndexes.length) },
  { header: "Deletion protection", text: ({ DeletionProtectionEnabled }) => (DeletionProtectionEnabled ? "On" : "Off") },
  { header: "Read capacity mode", text: units("Read") },
  { header: "Write capacity mode", text: units("Write") },
  { header: "Total size", text: ({ TableSizeBytes = 0 }) => size(TableSizeBytes) },
];

export default function Tables() {
  return (
    <Listing
      title="Tables"
      variant="full-page"
      id={({ TableName = "" }) => TableName}
      columns={columns}
      load={someTables}
      again={(tables) => tables.some(isChanging)}
      actions={() => [
        deleteTables,
        { label: "Create table", primary: true, href: () => to("dynamodb", "tables", "create") },
      ]}
      empty="No tables in this Region."
    />
  );
}
