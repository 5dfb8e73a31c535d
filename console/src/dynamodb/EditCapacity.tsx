import type { TableDescription } from "@aws-sdk/client-dynamodb";
import Container from "@cloudscape-design/components/container";
import { useState } from "react";

import { tell } from "../app/notices";
import { go, to } from "../app/route";
import { EditForm } from "../kit/EditForm";
import { Awaited } from "../kit/Awaited";
import { CapacityFields } from "./CapacityFields";
import { described, isOnDemand, PROPOSED, saveCapacity, type Capacity } from "./tables";

export default function EditCapacity({ at: [name = ""] }: { at: string[] }) {
  return <Awaited load={() => described(name)} of={name} show={(table) => <Edit table={table} />} />;
}

function Edit({ table }: { table: TableDescription }) {
  const { TableName: name = "", ProvisionedThroughput: now } = table;
  const [capacity, setCapacity] = useState<Capacity>(
    isOnDemand(table)
      ? PROPOSED
      : { mode: "PROVISIONED", read: String(now?.ReadCapacityUnits), write: String(now?.WriteCapacityUnits) },
  );
  const back = to("dynamodb", "tables", name);
  return (
    <EditForm
      title={`Read/write capacity of ${name}`}
      back={back}
      save={async () => {
        await saveCapacity(name, capacity);
        tell("success", `The capacity of ${name} is being changed.`);
        go(back);
      }}
    >
      <Container>
        <CapacityFields value={capacity} change={setCapacity} />
      </Container>
    </EditForm>
  );
}
