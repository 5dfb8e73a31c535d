import type { ScalarAttributeType } from "@aws-sdk/client-dynamodb";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { tell } from "../app/notices";
import { go, to } from "../app/route";
import { EditForm } from "../kit/EditForm";
import { OneOf, Pick, TextField, Tick } from "../kit/fields";
import { Tags } from "../kit/Tags";
import { CapacityFields } from "./CapacityFields";
import { createTable, KEY_TYPES, PROPOSED, type NewTable } from "./tables";

const OPENED: NewTable = {
  name: "",
  partition: { name: "", type: "S" },
  sort: { name: "", type: "S" },
  capacity: PROPOSED,
  scaling: { isOn: true, least: "1", most: "10", percent: "70" },
  isProtected: false,
  tags: [],
};

export default function CreateTable() {
  const [table, setTable] = useState(OPENED);
  const [isCustom, setCustom] = useState(false);
  const change = (some: Partial<NewTable>) => setTable((before) => ({ ...before, ...some }));

  async function save() {
    const { name, partition, sort, tags } = table;
    await createTable(isCustom ? table : { ...OPENED, name, partition, sort, tags });
    tell("success", `Table ${name} is being created.`);
    go(to("dynamodb"));
  }

  return (
    <EditForm title="Create table" button="Create table" back={to("dynamodb")} save={save}>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Table details</Header>}>
          <SpaceBetween size="l">
            <TextField label="Table name" value={table.name} change={(name) => change({ name })} />
            <Key label="Partition key" value={table.partition} change={(partition) => change({ partition })} />
            <Key label="Sort key - optional" value={table.sort} change={(sort) => change({ sort })} />
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2">Table settings</Header>}>
          <SpaceBetween size="l">
            <OneOf
              label="Settings"
              value={isCustom ? "custom" : "default"}
              change={(value) => setCustom(value === "custom")}
              of={{ default: "Default settings: on-demand capacity", custom: "Customize settings" }}
            />
            {isCustom && <CapacityFields value={table.capacity} change={(capacity) => change({ capacity })} />}
            {isCustom && table.capacity.mode === "PROVISIONED" && (
              <ScalingFields value={table.scaling} change={(scaling) => change({ scaling })} />
            )}
            {isCustom && (
              <Tick
                label="Deletion protection"
                value={table.isProtected}
                change={(isProtected) => change({ isProtected })}
              />
            )}
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2">Tags</Header>}>
          <Tags tags={table.tags} change={(tags) => change({ tags })} />
        </Container>
      </SpaceBetween>
    </EditForm>
  );
}

function Key(props: {
  label: string;
  value: NewTable["sort"];
  change: (value: NewTable["sort"]) => void;
}) {
  const { label, value, change } = props;
  return (
    <SpaceBetween size="xs">
      <TextField label={label} value={value.name} change={(name) => change({ ...value, name })} />
      <Pick<ScalarAttributeType>
        label={`${label.replace(" - optional", "")} type`}
        value={value.type}
        change={(type) => change({ ...value, type })}
        of={KEY_TYPES}
      />
    </SpaceBetween>
  );
}

function ScalingFields({ value, change }: { value: NewTable["scaling"]; change: (value: NewTable["scaling"]) => void }) {
  return (
    <SpaceBetween size="l">
      <Tick label="Auto scaling" value={value.isOn} change={(isOn) => change({ ...value, isOn })} />
      {value.isOn && (
        <SpaceBetween size="m">
          <TextField label="Minimum capacity units" type="number" value={value.least} change={(least) => change({ ...value, least })} />
          <TextField label="Maximum capacity units" type="number" value={value.most} change={(most) => change({ ...value, most })} />
          <TextField label="Target utilization (%)" type="number" value={value.percent} change={(percent) => change({ ...value, percent })} />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
