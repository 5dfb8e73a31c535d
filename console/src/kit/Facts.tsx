import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { ReactNode } from "react";

export type Fact = [label: string, value: ReactNode];

/** A part of a page: facts in columns, with buttons for what can be done with them. */
export function Facts(props: { title: string; of: Fact[]; actions?: ReactNode; children?: ReactNode }) {
  return (
    <Container
      header={
        <Header variant="h2" actions={props.actions}>
          {props.title}
        </Header>
      }
    >
      <div className="facts">
        <KeyValuePairs columns={3} items={props.of.map(([label, value]) => ({ label, value: value || "-" }))} />
      </div>
      {props.children}
    </Container>
  );
}
