import Button from "@cloudscape-design/components/button";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState, type FormEvent, type ReactNode } from "react";

import { Problem } from "./Problem";

/** A page that edits something and saves all of it, or says why that was refused. */
export function EditForm(props: {
  title: string;
  back: string;
  button?: string;
  save: () => Promise<void>;
  children: ReactNode;
}) {
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await props.save();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form onSubmit={(event) => void submit(event)}>
      <Form
        header={<Header variant="h1">{props.title}</Header>}
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            <Button variant="link" href={props.back}>
              Cancel
            </Button>
            <Button variant="primary" loading={busy}>
              {props.button ?? "Save changes"}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          <Problem of={problem} />
          {props.children}
        </SpaceBetween>
      </Form>
    </form>
  );
}
