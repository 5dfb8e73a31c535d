import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";

import { tell } from "../app/notices";
import { told } from "./clients";
import { Problem } from "./Problem";

/** Something that can be done with the items chosen in a table, or with what a page shows. */
export interface Action<Item> {
  label: string;
  primary?: boolean;
  /** How many items must be chosen: none, exactly one, or one or more. */
  takes?: "none" | "one" | "some";
  href?: (items: Item[]) => string;
  /** Does it. The text it returns is shown. */
  run?: (items: Item[]) => Promise<string | void>;
  /** Changes nothing, so the list is not loaded again. */
  isRead?: boolean;
  /** Takes long and shows its own progress: the dialog does not wait for it. */
  isLong?: boolean;
  /** Asks before it runs; if there is a `word`, it must be typed. */
  confirm?: (items: Item[]) => { header: string; says: string; word?: string };
}

export function Actions<Item>(props: { of: Action<Item>[]; items: Item[]; done: () => void }) {
  const { of, items, done } = props;
  const [asked, setAsked] = useState<Action<Item> | null>(null);
  const [busy, setBusy] = useState("");

  async function start(action: Action<Item>) {
    setBusy(action.label);
    try {
      const text = await action.run?.(items);
      if (text) tell("success", text);
      if (!action.isRead) done();
    } catch (problem) {
      tell("error", told(problem));
    } finally {
      setBusy("");
    }
  }

  return (
    <>
      <SpaceBetween size="xs" direction="horizontal">
        {of.map((action) => (
          <Button
            key={action.label}
            variant={action.primary ? "primary" : "normal"}
            loading={busy === action.label}
            disabled={!fits(action.takes ?? "none", items.length)}
            href={fits(action.takes ?? "none", items.length) ? action.href?.(items) : undefined}
            onClick={() => (action.confirm ? setAsked(action) : action.run && void start(action))}
          >
            {action.label}
          </Button>
        ))}
      </SpaceBetween>
      {asked && (
        <Confirm
          {...asked.confirm!(items)}
          button={asked.label}
          run={async () => (asked.isLong ? void start(asked) : asked.run!(items))}
          close={() => setAsked(null)}
          done={done}
        />
      )}
    </>
  );
}

function fits(takes: "none" | "one" | "some", chosen: number): boolean {
  return takes === "none" || (takes === "one" ? chosen === 1 : chosen > 0);
}

function Confirm(props: {
  header: string;
  says: string;
  word?: string;
  button: string;
  run: () => Promise<string | void>;
  close: () => void;
  done: () => void;
}) {
  const { word, close } = props;
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function act() {
    setBusy(true);
    setProblem(null);
    try {
      const text = await props.run();
      if (text) tell("success", text);
      close();
      props.done();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  return (
    <Modal
      visible
      onDismiss={close}
      header={props.header}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy} disabled={!!word && typed !== word} onClick={() => void act()}>
              {props.button}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box>{props.says}</Box>
        {word && (
          <FormField label={`To confirm, type ${word}`}>
            <Input value={typed} onChange={({ detail }) => setTyped(detail.value)} placeholder={word} />
          </FormField>
        )}
        <Problem of={problem} />
      </SpaceBetween>
    </Modal>
  );
}
