import type { LogStream } from "@aws-sdk/client-cloudwatch-logs";

import { to } from "../app/route";
import { Listing, type Column } from "../kit/Listing";
import { time } from "../kit/saving";
import { someStreams } from "./groups";

export default function Streams({ at: [group = ""] }: { at: string[] }) {
  const columns: Column<LogStream>[] = [
    { header: "Log stream", text: ({ logStreamName = "" }) => logStreamName, href: ({ logStreamName = "" }) => to("logs", "groups", group, logStreamName) },
    { header: "First event time", text: ({ firstEventTimestamp }) => time(firstEventTimestamp) },
    { header: "Last event time", text: ({ lastEventTimestamp }) => time(lastEventTimestamp) },
  ];
  return (
    <Listing
      title={`Log streams of ${group}`}
      variant="full-page"
      id={({ logStreamName = "" }) => logStreamName}
      columns={columns}
      load={(from) => someStreams(group, from)}
      empty="No log streams."
    />
  );
}
