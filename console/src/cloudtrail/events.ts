import { LookupEventsCommand, type Event, type LookupEventsRequest } from "@aws-sdk/client-cloudtrail";

import { to } from "../app/route";
import type { Column } from "../kit/Listing";
import { time } from "../kit/saving";
import { cloudtrail } from "./clients";

export async function lookUp(asked: LookupEventsRequest) {
  return cloudtrail().send(new LookupEventsCommand(asked));
}

const resources = (of: "ResourceType" | "ResourceName") => (event: Event) =>
  (event.Resources ?? []).map((each) => each[of]).filter(Boolean).join(", ");

export const eventColumns: Column<Event>[] = [
  {
    header: "Event name",
    text: ({ EventName = "" }) => EventName,
    href: ({ EventId = "" }) => to("cloudtrail", "events", EventId),
  },
  { header: "Event time", text: ({ EventTime }) => time(EventTime) },
  { header: "User name", text: ({ Username = "" }) => Username },
  { header: "Event source", text: ({ EventSource = "" }) => EventSource },
  { header: "Read-only", text: ({ ReadOnly = "" }) => ReadOnly },
  { header: "Resource type", text: resources("ResourceType") },
  { header: "Resource name", text: resources("ResourceName") },
];
