import type { TableDescription } from "@aws-sdk/client-dynamodb";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useCallback, useMemo, useState, type FormEvent } from "react";

import { go, to } from "../app/route";
import { Awaited } from "../kit/Awaited";
import { counted } from "../kit/counting";
import { OneOf, Pick, TextField } from "../kit/fields";
import { Listing, type Column } from "../kit/Listing";
import { textOf, type Item } from "./attributes";
import { Filters } from "./Filters";
import { COMPARISONS, deleteItem, EVERYTHING, keyTo, someItems, type Search } from "./items";
import { described, keyOf, tableNames } from "./tables";

/** The tables to choose from, and the items of the one that is chosen. */
export default function Explore({ at: [name = ""] }: { at: string[] }) {
  return (
    <SpaceBetween size="l">
      <Awaited load={tableNames} of="" show={(names) => <Choose names={names} chosen={name} />} />
      {name && <Awaited key={name} load={() => described(name)} of={name} show={(table) => <Items table={table} />} />}
    </SpaceBetween>
  );
}

function Choose({ names, chosen }: { names: string[]; chosen: string }) {
  return (
    <Container header={<Header variant="h1">Explore items</Header>}>
      <Pick
        label="Table"
        placeholder={names.length ? "Choose a table" : "There are no tables in this Region"}
        value={chosen}
        change={(name) => go(to("dynamodb", "items", name))}
        of={Object.fromEntries(names.map((name) => [name, name]))}
      />
    </Container>
  );
}

function Items({ table }: { table: TableDescription }) {
  const { TableName: name = "" } = table;
  const [search, setSearch] = useState(EVERYTHING);
  const [found, setFound] = useState<Item[]>([]);
  const told = useCallback((items: Item[]) => setFound(items), []);
  const columns = useMemo(() => columnsOf(table, found), [table, found]);
  return (
    <SpaceBetween size="l">
      <SearchForm table={table} run={setSearch} />
      <Listing
        title="Items returned"
        variant="container"
        id={(item) => keyTo(table, item)}
        columns={columns}
        of={JSON.stringify(search)}
        load={(from) => someItems(table, search, from)}
        told={told}
        actions={() => [
          {
            label: "Delete items",
            takes: "some",
            confirm: (items) => ({ header: `Delete ${counted(items.length, "item")}?`, says: "You cannot undo this." }),
            run: async (items) => {
              for (const item of items) await deleteItem(name, keyTo(table, item));
              return `Deleted ${counted(items.length, "item")}.`;
            },
          },
          { label: "Create item", primary: true, href: () => to("dynamodb", "items", name, "create") },
        ]}
        empty="The table has no items, or none that match."
      />
    </SpaceBetween>
  );
}

function columnsOf(table: TableDescription, items: Item[]): Column<Item>[] {
  const keys = (table.KeySchema ?? []).map(({ AttributeName = "" }) => AttributeName);
  const names = new Set([...keys, ...items.flatMap(Object.keys)]);
  return [...names].map((attribute) => ({
    header: attribute,
    text: (item) => (item[attribute] ? textOf(item[attribute]) : ""),
    ...(attribute === keys[0] && {
      href: (item: Item) => to("dynamodb", "items", table.TableName ?? "", keyTo(table, item)),
    }),
  }));
}

function SearchForm({ table, run }: { table: TableDescription; run: (search: Search) => void }) {
  const [search, setSearch] = useState(EVERYTHING);
  const change = (some: Partial<Search>) => setSearch((before) => ({ ...before, ...some }));
  const sort = keyOf(table, "RANGE");

  function submit(event: FormEvent) {
    event.preventDefault();
    run({ ...search });
  }

  return (
    <Container header={<Header variant="h2">Scan or query items</Header>}>
      <form onSubmit={submit}>
        <SpaceBetween size="m">
          <OneOf
            label="How"
            value={search.by}
            change={(by) => change({ by })}
            of={{ scan: "Scan", query: "Query" }}
          />
          {search.by === "query" && (
            <TextField
              label={`${keyOf(table, "HASH")?.name} (partition key)`}
              value={search.partition}
              change={(partition) => change({ partition })}
            />
          )}
          {search.by === "query" && sort && (
            <Pick label={`${sort.name} (sort key) is`} value={search.compare} change={(compare) => change({ compare })} of={COMPARISONS} />
          )}
          {search.by === "query" && sort && (
            <TextField label={`${sort.name} (sort key) - optional`} value={search.sort} change={(sort) => change({ sort })} />
          )}
          <Filters filters={search.filters} change={(filters) => change({ filters })} />
          <Button formAction="submit">Run</Button>
        </SpaceBetween>
      </form>
    </Container>
  );
}
