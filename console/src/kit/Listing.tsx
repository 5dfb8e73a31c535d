import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";

import { Actions, type Action } from "./actions";
import { useEverySecond } from "./loading";
import { Problem } from "./Problem";

export interface Column<Item> {
  header: string;
  text: (item: Item) => string;
  href?: (item: Item) => string | undefined;
  show?: (item: Item) => ReactNode;
}

export interface Some<Item> {
  items: Item[];
  /** The token of the next page; undefined after the last one. */
  next?: string;
}

const ON_A_PAGE = 50;

/** A table of what an API lists, page by page, with buttons for what can be done with the items. */
export function Listing<Item>(props: {
  title: string;
  description?: ReactNode;
  variant?: "full-page" | "container";
  id: (item: Item) => string;
  columns: Column<Item>[];
  load: (from?: string) => Promise<Some<Item>>;
  /** When it changes, the list is loaded again. */
  of?: string;
  actions?: (items: Item[]) => Action<Item>[];
  empty: string;
  above?: ReactNode;
  again?: (items: Item[]) => boolean;
  told?: (items: Item[], isAll: boolean) => void;
}) {
  const list = useList(props.load, props.of ?? "");
  const [chosen, setChosen] = useState<Item[]>([]);
  const [wanted, setWanted] = useState("");
  const [page, setPage] = useState(1);
  const [sorting, setSorting] = useState<{ header: string; down: boolean } | null>(null);
  const { told } = props;
  useEffect(() => told?.(list.items, !list.next), [list.items, list.next, told]);
  useEffect(() => setPage(1), [props.of]);
  useEverySecond(!list.loading && !!props.again?.(list.items), list.reload);

  const shown = useMemo(() => {
    const text = wanted.toLowerCase();
    const fit = text
      ? list.items.filter((item) => props.columns.some((each) => each.text(item).toLowerCase().includes(text)))
      : list.items;
    const by = props.columns.find(({ header }) => header === sorting?.header);
    if (!by) return fit;
    const sorted = [...fit].sort((one, other) => by.text(one).localeCompare(by.text(other), "en", { numeric: true }));
    return sorting?.down ? sorted.reverse() : sorted;
  }, [list.items, wanted, sorting, props.columns]);

  const pages = Math.max(1, Math.ceil(shown.length / ON_A_PAGE));
  const still = chosen.filter((one) => list.items.some((item) => props.id(item) === props.id(one)));
  const actions = props.actions?.(still) ?? [];
  const takesSome = actions.some(({ takes }) => takes === "some");
  const takesOne = actions.some(({ takes }) => takes === "one");

  function turnTo(number: number) {
    setPage(number);
    if (number >= pages && list.next) list.more();
  }

  return (
    <SpaceBetween size="m">
      <Problem of={list.problem} />
      <Table<Item>
        variant={props.variant ?? "container"}
        header={
          <Header
            variant={props.variant === "container" ? "h2" : "h1"}
            counter={`(${list.items.length.toLocaleString("en")}${list.next ? "+" : ""})`}
            description={props.description}
            actions={
              <SpaceBetween size="xs" direction="horizontal">
                <Button iconName="refresh" ariaLabel={`Refresh ${props.title}`} onClick={list.reload} />
                <Actions of={actions} items={still} done={list.reload} />
              </SpaceBetween>
            }
          >
            {props.title}
          </Header>
        }
        filter={
          <SpaceBetween size="s">
            {props.above}
            <TextFilter
              filteringText={wanted}
              filteringAriaLabel={`Find in ${props.title}`}
              filteringPlaceholder={`Find in ${props.title}`}
              countText={wanted && `${shown.length} of the ${list.items.length} loaded`}
              onChange={({ detail }) => {
                setWanted(detail.filteringText);
                setPage(1);
              }}
            />
          </SpaceBetween>
        }
        pagination={
          <Pagination
            currentPageIndex={Math.min(page, pages)}
            pagesCount={pages}
            openEnd={!!list.next}
            disabled={list.loading && list.items.length === 0}
            onChange={({ detail }) => turnTo(detail.currentPageIndex)}
            onNextPageClick={({ detail }) => {
              if (!detail.requestedPageAvailable) list.more(() => setPage(detail.requestedPageIndex));
            }}
          />
        }
        columnDefinitions={props.columns.map((column) => ({
          id: column.header,
          header: column.header,
          cell: (item) => <Cell column={column} item={item} />,
          sortingField: column.header,
          isRowHeader: column === props.columns[0],
        }))}
        sortingColumn={sorting ? { sortingField: sorting.header } : undefined}
        sortingDescending={sorting?.down}
        onSortingChange={({ detail }) =>
          setSorting({ header: detail.sortingColumn.sortingField!, down: !!detail.isDescending })
        }
        items={shown.slice((Math.min(page, pages) - 1) * ON_A_PAGE, Math.min(page, pages) * ON_A_PAGE)}
        trackBy={props.id}
        loading={list.loading && list.items.length === 0}
        loadingText={`Loading ${props.title}`}
        selectionType={takesSome ? "multi" : takesOne ? "single" : undefined}
        selectedItems={still}
        onSelectionChange={({ detail }) => setChosen(detail.selectedItems)}
        ariaLabels={{
          tableLabel: props.title,
          selectionGroupLabel: `Choose in ${props.title}`,
          allItemsSelectionLabel: () => "all of this page",
          itemSelectionLabel: (_, item) => props.columns[0]?.text(item) ?? "",
        }}
        empty={
          <Box textAlign="center" color="text-body-secondary" padding="s">
            {props.empty}
          </Box>
        }
      />
    </SpaceBetween>
  );
}

function Cell<Item>({ column, item }: { column: Column<Item>; item: Item }) {
  if (column.show) return column.show(item);
  const text = column.text(item);
  const href = column.href?.(item);
  return href ? <Link href={href}>{text}</Link> : text || "-";
}

/** The items loaded so far, and functions that load more. */
function useList<Item>(load: (from?: string) => Promise<Some<Item>>, of: string) {
  const [list, setList] = useState<Some<Item> & { loading: boolean; problem?: unknown }>({ items: [], loading: true });
  const turn = useRef(0);
  const current = useRef(load);
  current.current = load;

  async function ask(before: Item[], from?: string, then?: () => void) {
    const mine = ++turn.current;
    setList((now) => ({ ...now, loading: true, problem: undefined }));
    try {
      const { items, next } = await current.current(from);
      if (mine !== turn.current) return;
      setList({ items: [...before, ...items], next, loading: false });
      then?.();
    } catch (problem) {
      if (mine === turn.current) setList((now) => ({ ...now, loading: false, problem }));
    }
  }

  const asked = useRef(of);
  useEffect(() => {
    if (asked.current !== of) setList({ items: [], loading: true });
    asked.current = of;
    void ask([]);
    return () => void turn.current++;
  }, [of]);
  return {
    ...list,
    reload: () => void ask([]),
    more: (then?: () => void) => void ask(list.items, list.next, then),
  };
}
