import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { Facts } from "../kit/Facts";
import { useLoaded } from "../kit/loading";
import { Problem } from "../kit/Problem";
import { pretty, save, time } from "../kit/saving";
import { Text } from "../kit/Text";
import { lookUp } from "./events";

export default function EventPage({ at: [id = ""] }: { at: string[] }) {
  const { value: event, problem } = useLoaded(() => one(id), id);
  if (problem) return <Problem of={problem} />;
  if (!event) return <StatusIndicator type="loading">Loading the event</StatusIndicator>;
  const record = pretty(event.CloudTrailEvent ?? "{}");
  const { errorCode, sourceIPAddress, awsRegion, requestID } = JSON.parse(record);
  return (
    <SpaceBetween size="l">
      <Header variant="h1">{event.EventName}</Header>
      <Facts
        title="Details"
        of={[
          ["Event time", time(event.EventTime)],
          ["User name", event.Username],
          ["Event name", event.EventName],
          ["Event source", event.EventSource],
          ["AWS access key", event.AccessKeyId],
          ["Event ID", event.EventId],
          ["Request ID", requestID],
          ["Source IP address", sourceIPAddress],
          ["AWS Region", awsRegion],
          ["Error code", errorCode],
          ["Read-only", event.ReadOnly],
        ]}
      />
      <Facts
        title="Resources referenced"
        of={(event.Resources ?? []).map(({ ResourceType = "", ResourceName }) => [ResourceType, ResourceName])}
      />
      <Container
        header={
          <Header
            variant="h2"
            actions={
              <SpaceBetween size="xs" direction="horizontal">
                <Button iconName="copy" onClick={() => void navigator.clipboard.writeText(record)}>
                  Copy
                </Button>
                <Button onClick={() => save(record, `${id}.json`, "application/json")}>Download</Button>
              </SpaceBetween>
            }
          >
            Event record
          </Header>
        }
      >
        <Text of={record} label="Event record" />
        {!record && <Box>No record.</Box>}
      </Container>
    </SpaceBetween>
  );
}

async function one(id: string) {
  const { Events = [] } = await lookUp({ LookupAttributes: [{ AttributeKey: "EventId", AttributeValue: id }] });
  if (!Events[0]) throw new Error(`Event history has no event ${id} in this Region.`);
  return Events[0];
}
