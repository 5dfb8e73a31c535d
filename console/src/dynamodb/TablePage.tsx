import type { TableDescription } from "@aws-sdk/client-dynamodb";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { go, to } from "../app/route";
import { Actions } from "../kit/actions";
import { Awaited } from "../kit/Awaited";
import { Facts } from "../kit/Facts";
import { size, time } from "../kit/saving";
import { deleteTables, described, isChanging, isOnDemand, keyText } from "./tables";
import { Status } from "./TableList";

export default function TablePage({ at: [name = ""] }: { at: string[] }) {
  return (
    <Awaited
      load={() => described(name)}
      of={name}
      again={isChanging}
      show={(table, reload) => <Overview table={table} reload={reload} />}
    />
  );
}

function Overview({ table, reload }: { table: TableDescription; reload: () => void }) {
  const { TableName: name = "", ProvisionedThroughput: now } = table;
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            <Button iconName="refresh" ariaLabel="Refresh the table" onClick={reload} />
            <Actions of={[deleteTables]} items={[table]} done={() => go(to("dynamodb"))} />
            <Button variant="primary" href={to("dynamodb", "items", name)}>
              Explore table items
            </Button>
          </SpaceBetween>
        }
      >
        {name}
      </Header>
      <Facts
        title="General information"
        of={[
          ["Partition key", keyText(table, "HASH")],
          ["Sort key", keyText(table, "RANGE")],
          ["Table status", <Status of={table.TableStatus} />],
          ["Item count", String(table.ItemCount ?? 0)],
          ["Table size", size(table.TableSizeBytes ?? 0)],
          ["Created", time(table.CreationDateTime)],
          ["Deletion protection", table.DeletionProtectionEnabled ? "On" : "Off"],
          ["Amazon Resource Name (ARN)", table.TableArn],
        ]}
      />
      <Facts
        title="Read/write capacity"
        actions={
          <Button ariaLabel="Edit Read/write capacity" href={to("dynamodb", "tables", name, "capacity")}>
            Edit
          </Button>
        }
        of={[
          ["Capacity mode", isOnDemand(table) ? "On-demand" : "Provisioned"],
          ...(isOnDemand(table)
            ? []
            : ([
                ["Provisioned read capacity units", String(now?.ReadCapacityUnits)],
                ["Provisioned write capacity units", String(now?.WriteCapacityUnits)],
              ] as [string, string][])),
        ]}
      />
    </SpaceBetween>
  );
}
