import { type Event, type LookupAttributeKey, type LookupEventsRequest } from "@aws-sdk/client-cloudtrail";
import Button from "@cloudscape-design/components/button";
import Form from "@cloudscape-design/components/form";
import Grid from "@cloudscape-design/components/grid";
import { useState, type FormEvent } from "react";

import { tell } from "../app/notices";
import { counted } from "../kit/counting";
import { Pick, TextField } from "../kit/fields";
import { told } from "../kit/clients";
import { Listing } from "../kit/Listing";
import { csv, save } from "../kit/saving";
import { eventColumns, lookUp } from "./events";

/** The attributes of LookupEvents, which takes one at a time: API/LookupAttribute. */
const ATTRIBUTES: Record<"" | LookupAttributeKey, string> = {
  "": "None",
  ReadOnly: "Read-only",
  EventName: "Event name",
  Username: "User name",
  ResourceName: "Resource name",
  ResourceType: "Resource type",
  EventSource: "Event source",
  EventId: "Event ID",
  AccessKeyId: "AWS access key",
};

const TIMES = {
  "0": "The last 90 days",
  "30": "Last 30 minutes",
  "60": "Last hour",
  "180": "Last 3 hours",
  "1440": "Last day",
  "10080": "Last 7 days",
  between: "Between two times",
};

interface Asked {
  attribute: "" | LookupAttributeKey;
  value: string;
  when: keyof typeof TIMES;
  from: string;
  until: string;
}

// AWS's console starts with this filter.
const OPENED: Asked = { attribute: "ReadOnly", value: "false", when: "0", from: "", until: "" };

function requested({ attribute, value, when, from, until }: Asked): LookupEventsRequest {
  const minutes = Number(when) || 0;
  return {
    MaxResults: 50,
    ...(attribute && { LookupAttributes: [{ AttributeKey: attribute, AttributeValue: value }] }),
    ...(minutes && { StartTime: new Date(Date.now() - minutes * 60_000) }),
    ...(when === "between" && { StartTime: at(from), EndTime: at(until) }),
  };
}

/** A time from the form, in UTC; undefined if it is empty. */
function at(text: string): Date | undefined {
  const time = new Date(`${text.trim().replace(/z$/i, "")}Z`);
  if (text && Number.isNaN(time.getTime())) throw new Error(`Wanted a time such as 2026-01-31T12:00, got ${text}`);
  return text ? time : undefined;
}

export default function EventHistory() {
  const [asked, setAsked] = useState(OPENED);
  const [form, setForm] = useState(OPENED);
  const [loaded, setLoaded] = useState<Event[]>([]);
  const change = (some: Partial<Asked>) => setForm((before) => ({ ...before, ...some }));

  function submit(event: FormEvent) {
    event.preventDefault();
    setAsked({ ...form });
  }

  return (
    <Listing
      title="Event history"
      variant="full-page"
      description="Management events of the last 90 days in this Region. No trail is needed."
      id={({ EventId = "" }) => EventId}
      columns={eventColumns}
      of={JSON.stringify(asked)}
      load={async (from) => {
        const { Events: items = [], NextToken: next } = await lookUp({ ...requested(asked), NextToken: from });
        return { items, next };
      }}
      told={setLoaded}
      actions={() => [
        { label: "Download JSON", isRead: true, run: async () => save(json(loaded), "event_history.json", "application/json") },
        { label: "Download CSV", isRead: true, run: async () => save(table(loaded), "event_history.csv", "text/csv") },
        { label: "Download all as JSON", isRead: true, run: () => downloadAll(asked) },
      ]}
      empty="No events. Try another filter, or none."
      above={
        <form onSubmit={submit}>
          <Form>
            <Grid
              gridDefinition={[3, 3, 3, 3].map((s) => ({ colspan: { default: 12, xxs: s } }))}
            >
              <Pick label="Lookup attribute" value={form.attribute} change={(attribute) => change({ attribute, value: "" })} of={ATTRIBUTES} />
              <Value form={form} change={change} />
              <Pick label="Time" value={form.when} change={(when) => change({ when })} of={TIMES} />
              <Button formAction="submit">Look up</Button>
              {form.when === "between" && (
                <TextField label="From (UTC)" placeholder="2026-01-31T12:00" value={form.from} change={(from) => change({ from })} />
              )}
              {form.when === "between" && (
                <TextField label="Until (UTC)" placeholder="2026-01-31T13:00" value={form.until} change={(until) => change({ until })} />
              )}
            </Grid>
          </Form>
        </form>
      }
    />
  );
}

function Value({ form, change }: { form: Asked; change: (some: Partial<Asked>) => void }) {
  if (form.attribute === "ReadOnly") {
    return (
      <Pick label="Value" value={form.value} change={(value) => change({ value })} of={{ true: "true", false: "false" }} />
    );
  }
  return <TextField label="Value" value={form.value} change={(value) => change({ value })} />;
}

function json(events: Event[]): string {
  return JSON.stringify({ Records: events.map((each) => JSON.parse(each.CloudTrailEvent ?? "{}")) }, null, 2);
}

function table(events: Event[]): string {
  const columns = [...eventColumns, { header: "Event ID", text: ({ EventId = "" }: Event) => EventId }];
  return csv([columns.map(({ header }) => header), ...events.map((event) => columns.map(({ text }) => text(event)))]);
}

/** Load all pages, showing how many events there are so far. */
async function downloadAll(asked: Asked): Promise<void> {
  const replace = { tell: tell("in-progress", "Looking up events.") };
  const events: Event[] = [];
  let from: string | undefined;
  try {
    do {
      const page = await lookUp({ ...requested(asked), NextToken: from });
      events.push(...(page.Events ?? []));
      from = page.NextToken;
      if (events.length % 1000 === 0) {
        replace.tell();
        replace.tell = tell("in-progress", `Looked up ${counted(events.length, "event")} so far.`);
      }
    } while (from);
    save(json(events), "event_history.json", "application/json");
    replace.tell("success", `Downloaded ${counted(events.length, "event")}.`);
  } catch (error) {
    replace.tell("error", `After ${counted(events.length, "event")}: ${told(error)}`);
  }
}
