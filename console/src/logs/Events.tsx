import type { OutputLogEvent } from "@aws-sdk/client-cloudwatch-logs";

import { Listing, type Column } from "../kit/Listing";
import { time } from "../kit/saving";
import { someEvents } from "./groups";

const columns: Column<OutputLogEvent>[] = [
  { header: "Timestamp", text: ({ timestamp }) => time(timestamp) },
  { header: "Message", text: ({ message = "" }) => message, show: ({ message }) => <pre className="text">{message}</pre> },
];

export default function Events({ at: [group = "", stream = ""] }: { at: string[] }) {
  return (
    <Listing
      title={`Log events of ${stream}`}
      variant="full-page"
      id={({ timestamp, message }) => `${timestamp} ${message}`}
      columns={columns}
      load={(from) => someEvents(group, stream, from)}
      empty="No events."
    />
  );
}
