import type { LogGroup } from "@aws-sdk/client-cloudwatch-logs";

import { to } from "../app/route";
import { Listing, type Column } from "../kit/Listing";
import { size, time } from "../kit/saving";
import { someGroups } from "./groups";

const columns: Column<LogGroup>[] = [
  { header: "Log group", text: ({ logGroupName = "" }) => logGroupName, href: ({ logGroupName = "" }) => to("logs", "groups", logGroupName) },
  { header: "Retention", text: ({ retentionInDays }) => (retentionInDays ? `${retentionInDays} days` : "Never expire") },
  { header: "Stored", text: ({ storedBytes = 0 }) => size(storedBytes) },
  { header: "Created", text: ({ creationTime }) => time(creationTime) },
];

export default function Groups() {
  return (
    <Listing
      title="Log groups"
      variant="full-page"
      id={({ logGroupName = "" }) => logGroupName}
      columns={columns}
      load={someGroups}
      empty="No log groups in this Region."
    />
  );
}
