import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { go, to } from "../app/route";
import { Actions, type Action } from "../kit/actions";
import { Facts, type Fact } from "../kit/Facts";
import { useLoaded } from "../kit/loading";
import { Problem } from "../kit/Problem";
import { time } from "../kit/saving";
import { Text } from "../kit/Text";
import { dataFacts, insightFacts, managementFacts } from "./form/facts";
import { PART_TITLES, type PartName } from "./form/partTitles";
import { saveEvents } from "./form/saveTrail";
import { deleteTrail, linkTo, startLogging, stopLogging, wholeTrail, type Whole } from "./trails";
import { Logging } from "./trailColumns";

export default function TrailPage({ at: [arn = ""] }: { at: string[] }) {
  const { value, problem, loading, reload } = useLoaded(() => wholeTrail(arn), arn);
  if (problem) return <Problem of={problem} />;
  if (!value) return <StatusIndicator type="loading">Loading the trail</StatusIndicator>;
  const { trail, status } = value;
  const toggle = status.IsLogging ? stopLogging : startLogging;
  return (
    <SpaceBetween size="l">
      <Header
        variant="h1"
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            <Button iconName="refresh" ariaLabel="Refresh the trail" loading={loading} onClick={reload} />
            <Actions of={[toggle]} items={[trail]} done={reload} />
            <Actions of={[deleteTrail]} items={[trail]} done={() => go(to("cloudtrail", "trails"))} />
          </SpaceBetween>
        }
      >
        {trail.Name}
      </Header>
      {(Object.keys(PART_TITLES) as PartName[]).map((name) => (
        <Facts
          key={name}
          title={PART_TITLES[name]}
          of={factsOf(name, value)}
          actions={
            <Button href={linkTo(trail, name)} ariaLabel={`Edit ${PART_TITLES[name]}`}>
              Edit
            </Button>
          }
        >
          {isOfEvents(name) && <Problem of={value.eventsProblem} />}
        </Facts>
      ))}
      {!!value.events?.others.length && (
        <Facts title="Other event selectors" of={[]} actions={<Actions of={[removeOthers(value)]} items={[]} done={reload} />}>
          <Box color="text-body-secondary">The forms have no fields for these. Saving other settings keeps them.</Box>
          <Text of={JSON.stringify(value.events.others, null, 2)} label="Other event selectors" />
        </Facts>
      )}
    </SpaceBetween>
  );
}

/** For example those of network activity events, which other tools can give a trail. */
function removeOthers({ trail, events }: Whole): Action<never> {
  return {
    label: "Remove other event selectors",
    confirm: () => ({ header: "Remove these event selectors?", says: "Events that only they select will no longer be recorded." }),
    run: async () => {
      await saveEvents(trail.TrailARN!, { ...events!, others: [] });
      return "The other event selectors were removed.";
    },
  };
}

function isOfEvents(name: PartName): boolean {
  return name === "management" || name === "data" || name === "insights";
}

function factsOf(name: PartName, whole: Whole): Fact[] {
  const { trail, events, tags } = whole;
  switch (name) {
    case "general":
      return generalFacts(whole);
    case "logs":
      return [
        ["Log group", trail.CloudWatchLogsLogGroupArn?.split(":")[6] ?? "Not configured"],
        ["IAM role", trail.CloudWatchLogsRoleArn],
      ];
    case "tags":
      return tags.length ? tags.map(({ key, value }): Fact => [key, value]) : [["Tags", "None"]];
    case "management":
      return events ? managementFacts(events) : [];
    case "data":
      return events ? dataFacts(events) : [];
    case "insights":
      return events ? insightFacts(events) : [];
  }
}

function generalFacts({ trail, status }: Whole): Fact[] {
  const { S3BucketName: bucket = "", S3KeyPrefix: prefix } = trail;
  const account = trail.TrailARN?.split(":")[4] ?? "";
  const members = trail.IsOrganizationTrail ? [] : [account];
  const folder = [...(prefix ? prefix.split("/") : []), "AWSLogs", ...members];
  return [
    ["Trail logging", <Logging of={status.IsLogging} />],
    ["Trail name", trail.Name],
    ["Trail ARN", trail.TrailARN],
    ["Home region", trail.HomeRegion],
    ["Multi-region trail", trail.IsMultiRegionTrail ? "Yes" : "No"],
    ["Apply trail to my organization", trail.IsOrganizationTrail ? "Enabled" : "Not enabled"],
    [
      "Trail log location",
      <Link href={to("s3", "buckets", bucket, folder.map((each) => `${each}/`).join(""))}>
        {[bucket, ...folder].join("/")}
      </Link>,
    ],
    ["Last log file delivered", time(status.LatestDeliveryTime)],
    ["Last delivery error", status.LatestDeliveryError],
    ["Log file SSE-KMS encryption", trail.KmsKeyId ?? "Not enabled"],
    ["Log file validation", trail.LogFileValidationEnabled ? "Enabled" : "Disabled"],
    ["Last digest file delivered", time(status.LatestDigestDeliveryTime)],
    ["SNS notification delivery", trail.SnsTopicARN ?? "Disabled"],
    ["Last SNS notification", time(status.LatestNotificationTime)],
  ];
}
