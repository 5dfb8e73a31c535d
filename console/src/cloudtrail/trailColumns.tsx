import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { to } from "../app/route";
import type { Column } from "../kit/Listing";
import { linkTo, type Shown } from "./trails";

export function Logging({ of }: { of?: boolean }) {
  if (of === undefined) return "-";
  return <StatusIndicator type={of ? "success" : "stopped"}>{of ? "Logging" : "Off"}</StatusIndicator>;
}

const yes = (value: boolean | undefined) => (value ? "Yes" : "No");

export const trailColumns: Column<Shown>[] = [
  { header: "Name", text: ({ Name = "" }) => Name, href: (trail) => linkTo(trail) },
  { header: "Home region", text: ({ HomeRegion = "" }) => HomeRegion },
  { header: "Multi-region trail", text: ({ IsMultiRegionTrail }) => yes(IsMultiRegionTrail) },
  { header: "Insights", text: ({ HasInsightSelectors }) => (HasInsightSelectors ? "Enabled" : "Disabled") },
  { header: "Organization trail", text: ({ IsOrganizationTrail }) => yes(IsOrganizationTrail) },
  {
    header: "S3 bucket",
    text: ({ S3BucketName = "" }) => S3BucketName,
    href: ({ S3BucketName = "" }) => to("s3", "buckets", S3BucketName),
  },
  { header: "Log file prefix", text: ({ S3KeyPrefix = "" }) => S3KeyPrefix },
  { header: "CloudWatch Logs log group", text: (trail) => trail.CloudWatchLogsLogGroupArn?.split(":")[6] ?? "" },
  {
    header: "Status",
    text: ({ status }) => (status?.IsLogging ? "Logging" : "Off"),
    show: ({ status }) => <Logging of={status?.IsLogging} />,
  },
];
