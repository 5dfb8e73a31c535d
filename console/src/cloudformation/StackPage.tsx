import type { Stack, StackEvent, StackResourceSummary } from "@aws-sdk/client-cloudformation";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";

import { Awaited } from "../kit/Awaited";
import { Facts, type Fact } from "../kit/Facts";
import { Listing, type Column } from "../kit/Listing";
import { time } from "../kit/saving";
import { Text } from "../kit/Text";
import { someEvents, someResources, stackOf, templateOf } from "./stacks";
import { Status } from "./StackList";

const eventColumns: Column<StackEvent>[] = [
  { header: "Timestamp", text: ({ Timestamp }) => time(Timestamp) },
  { header: "Logical ID", text: ({ LogicalResourceId = "" }) => LogicalResourceId },
  { header: "Status", text: ({ ResourceStatus = "" }) => ResourceStatus, show: ({ ResourceStatus }) => <Status of={ResourceStatus} /> },
  { header: "Type", text: ({ ResourceType = "" }) => ResourceType },
  { header: "Status reason", text: ({ ResourceStatusReason = "" }) => ResourceStatusReason },
];

const resourceColumns: Column<StackResourceSummary>[] = [
  { header: "Logical ID", text: ({ LogicalResourceId = "" }) => LogicalResourceId },
  { header: "Physical ID", text: ({ PhysicalResourceId = "" }) => PhysicalResourceId },
  { header: "Type", text: ({ ResourceType = "" }) => ResourceType },
  { header: "Status", text: ({ ResourceStatus = "" }) => ResourceStatus, show: ({ ResourceStatus }) => <Status of={ResourceStatus} /> },
];

export default function StackPage({ at: [name = ""] }: { at: string[] }) {
  return <Awaited load={() => stackOf(name)} of={name} show={(stack) => <Shown stack={stack} />} />;
}

function Shown({ stack }: { stack: Stack }) {
  const { StackName: name = "" } = stack;
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{name}</Header>
      <Tabs
        tabs={[
          { id: "info", label: "Stack info", content: <Facts title="Overview" of={factsOf(stack)} /> },
          {
            id: "events",
            label: "Events",
            content: (
              <Listing
                title="Events"
                variant="container"
                id={({ EventId = "" }) => EventId}
                columns={eventColumns}
                load={(from) => someEvents(name, from)}
                empty="No events."
              />
            ),
          },
          {
            id: "resources",
            label: "Resources",
            content: (
              <Listing
                title="Resources"
                variant="container"
                id={({ LogicalResourceId = "" }) => LogicalResourceId}
                columns={resourceColumns}
                load={(from) => someResources(name, from)}
                empty="No resources."
              />
            ),
          },
          {
            id: "template",
            label: "Template",
            content: (
              <Container header={<Header variant="h2">Template</Header>}>
                <Awaited load={() => templateOf(name)} of={name} show={(text) => <Text of={text} label="Template" />} />
              </Container>
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}

function factsOf(stack: Stack): Fact[] {
  return [
    ["Stack ID", stack.StackId],
    ["Status", <Status of={stack.StackStatus} />],
    ["Status reason", stack.StackStatusReason],
    ["Description", stack.Description],
    ["Created time", time(stack.CreationTime)],
    ...(stack.Parameters ?? []).map(({ ParameterKey, ParameterValue }): Fact => [`Parameter ${ParameterKey}`, ParameterValue]),
    ...(stack.Outputs ?? []).map(({ OutputKey, OutputValue }): Fact => [`Output ${OutputKey}`, OutputValue]),
    ...(stack.Tags ?? []).map(({ Key, Value }): Fact => [`Tag ${Key}`, Value]),
  ];
}
