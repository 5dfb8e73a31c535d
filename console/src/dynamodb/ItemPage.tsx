import type { TableDescription } from "@aws-sdk/client-dynamodb";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import Grid from "@cloudscape-design/components/grid";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { tell } from "../app/notices";
import { go, to } from "../app/route";
import { Awaited } from "../kit/Awaited";
import { EditForm } from "../kit/EditForm";
import { LongField, Pick, TextField } from "../kit/fields";
import {
  itemFromJson,
  textOf,
  toJson,
  typeOf,
  TYPES,
  valueOf,
  type Attribute,
  type Item,
  type Type,
} from "./attributes";
import { oneItem, putItem } from "./items";
import { described, keyOf } from "./tables";

/** An item to look at and edit or, without a key, a new one. */
export default function ItemPage({ at: [name = "", key = ""] }: { at: string[] }) {
  const isNew = key === "create";
  return (
    <Awaited
      load={async () => ({ table: await described(name), item: isNew ? null : await oneItem(name, key) })}
      of={`${name} ${key}`}
      show={({ table, item }) => <ItemForm table={table} item={item} />}
    />
  );
}

function begun(table: TableDescription, item: Item | null): Attribute[] {
  const keys = [keyOf(table, "HASH"), keyOf(table, "RANGE")].filter((each) => each !== undefined);
  if (!item) return keys.map(({ name, type }) => ({ name, type, text: "" }));
  const first = keys.map(({ name }) => name);
  const others = Object.keys(item).filter((name) => !first.includes(name));
  return [...first, ...others].map((name) => ({ name, type: typeOf(item[name]!), text: textOf(item[name]!) }));
}

function itemOf(attributes: Attribute[]): Item {
  const names = attributes.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new Error(`Two attributes are called ${twice || "nothing"}: each needs its own name.`);
  return Object.fromEntries(attributes.map((each) => [each.name, valueOf(each)]));
}

function ItemForm({ table, item }: { table: TableDescription; item: Item | null }) {
  const [attributes, setAttributes] = useState(() => begun(table, item));
  const [json, setJson] = useState<string | null>(null);
  const [problem, setProblem] = useState("");
  const keys = (table.KeySchema ?? []).length;
  const back = to("dynamodb", "items", table.TableName ?? "");
  const edit = (place: number, some: Partial<Attribute>) =>
    setAttributes((before) => before.map((each, at) => (at === place ? { ...each, ...some } : each)));

  /** What is typed in one view is shown in the other, unless it is invalid. */
  function turn(view: string) {
    try {
      setProblem("");
      if (view === "json") setJson(JSON.stringify(toJson(itemOf(attributes)), null, 2));
      else if (json !== null) {
        setAttributes(begun(table, itemFromJson(JSON.parse(json))));
        setJson(null);
      }
    } catch (error) {
      setProblem((error as Error).message);
    }
  }

  return (
    <EditForm
      title={item ? "Edit item" : "Create item"}
      button={item ? "Save changes" : "Create item"}
      back={back}
      save={async () => {
        await putItem(table, json === null ? itemOf(attributes) : itemFromJson(JSON.parse(json)), !item);
        tell("success", item ? "The item was saved." : "The item was created.");
        go(back);
      }}
    >
      <SegmentedControl
        label="View"
        selectedId={json === null ? "form" : "json"}
        onChange={({ detail }) => turn(detail.selectedId)}
        options={[
          { id: "form", text: "Form" },
          { id: "json", text: "JSON view" },
        ]}
      />
      <Container>
        {json !== null ? (
          <LongField label="Item in DynamoDB JSON" rows={16} value={json} change={setJson} error={problem} />
        ) : (
          <SpaceBetween size="l">
            {attributes.map((attribute, place) => (
              <Row
                key={place}
                isFixed={!!item && place < keys}
                attribute={attribute}
                isKey={place < keys}
                edit={(some) => edit(place, some)}
                remove={() => setAttributes((before) => before.filter((_, at) => at !== place))}
              />
            ))}
            <ButtonDropdown
              items={Object.entries(TYPES).map(([id, text]) => ({ id, text }))}
              onItemClick={({ detail }) =>
                setAttributes((before) => [...before, { name: "", type: detail.id as Type, text: "" }])
              }
            >
              Add new attribute
            </ButtonDropdown>
            {problem}
          </SpaceBetween>
        )}
      </Container>
    </EditForm>
  );
}

function Row(props: { attribute: Attribute; isKey: boolean; isFixed: boolean; edit: (some: Partial<Attribute>) => void; remove: () => void }) {
  const { attribute, isKey, edit } = props;
  const { name, type, text } = attribute;
  const value = { label: isKey ? `${name}, ${TYPES[type]}, a key` : `Value, ${TYPES[type]}`, value: text, change: (text: string) => edit({ text }) };
  return (
    <Grid gridDefinition={isKey ? [{ colspan: 12 }] : [4, 6, 2].map((xs) => ({ colspan: { default: 12, xs } }))}>
      {!isKey && <TextField label="Attribute name" value={name} change={(name) => edit({ name })} />}
      {type === "BOOL" ? (
        <Pick {...value} of={{ true: "True", false: "False" }} placeholder="True or false" />
      ) : /^(S|N|B)$/.test(type) ? (
        <TextField {...value} fixed={props.isFixed} says={type === "B" ? "In base64" : undefined} />
      ) : type === "NULL" ? (
        <TextField {...value} value="null" fixed />
      ) : (
        <LongField {...value} says={/S$/.test(type) ? "One value per line" : "In DynamoDB JSON"} />
      )}
      {!isKey && (
        <Button formAction="none" ariaLabel={`Remove attribute ${name}`} onClick={props.remove}>
          Remove
        </Button>
      )}
    </Grid>
  );
}
