import Container from "@cloudscape-design/components/container";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState, type ReactNode } from "react";

import { tell } from "../../app/notices";
import { go } from "../../app/route";
import { session } from "../../app/session";
import { EditForm } from "../../kit/EditForm";
import { Tick } from "../../kit/fields";
import { useLoaded } from "../../kit/loading";
import { Problem } from "../../kit/Problem";
import { Tags } from "../../kit/Tags";
import { draftOf, missing, type Draft, type Errors, type Field } from "./draft";
import { DataPart, InsightsPart, ManagementPart, type EventPart } from "./EventParts";
import { PART_TITLES, type PartName } from "./partTitles";
import { refusal, saveDestination, saveEvents, saveInsights, saveLogs, saveTags } from "./saveTrail";
import { newSelector } from "./selectors";
import { DestinationPart, LogsPart, type Part } from "./TrailParts";
import { linkTo, wholeTrail, type Whole } from "../trails";

interface Edited {
  fields: Field[];
  show: (part: Part & { ofEvents: EventPart }) => ReactNode;
  save: (draft: Draft, before: Whole) => Promise<void>;
}

const PARTS: Record<PartName, Edited> = {
  general: {
    fields: ["bucket", "prefix", "key", "topic"],
    show: (part) => <DestinationPart {...part} />,
    save: saveDestination,
  },
  logs: {
    fields: ["group", "role"],
    show: (part) => <LogsPart {...part} />,
    save: saveLogs,
  },
  tags: {
    fields: ["tags"],
    show: ({ draft, change, errors }) => (
      <Tags tags={draft.tags} change={(tags) => change({ tags })} error={errors.tags} />
    ),
    save: (draft, { trail, tags }) => saveTags(trail.TrailARN!, tags, draft.tags),
  },
  management: {
    fields: ["events", "management"],
    show: ({ ofEvents }) => <Switched what="management" label="Log management events" {...ofEvents} show={ManagementPart} />,
    save: ({ events }, { trail }) => saveEvents(trail.TrailARN!, events),
  },
  data: {
    fields: ["events", "data"],
    show: ({ ofEvents }) => <Switched what="data" label="Log data events" {...ofEvents} show={DataPart} />,
    save: ({ events }, { trail }) => saveEvents(trail.TrailARN!, events),
  },
  insights: {
    fields: ["events", "insights"],
    show: ({ ofEvents }) => <Switched what="insights" label="Log Insights events" {...ofEvents} show={InsightsPart} />,
    save: ({ events }, { trail }) => saveInsights(trail.TrailARN!, events),
  },
};

function Switched(props: EventPart & { what: "management" | "data" | "insights"; label: string; show: (part: EventPart) => ReactNode }) {
  const { what, label, events, change, show: Show } = props;
  return (
    <SpaceBetween size="l">
      <Tick label={label} value={events[what]} change={(isOn) => change({ [what]: isOn })} />
      {events[what] ? <Show {...props} /> : props.errors.events && <Problem of={new Error(props.errors.events)} />}
    </SpaceBetween>
  );
}

export default function EditTrail({ at: [arn = "", name = ""] }: { at: string[] }) {
  const { value, problem } = useLoaded(() => wholeTrail(arn), arn);
  const part = name as PartName;
  if (!(part in PARTS)) return <Problem of={new Error(`A trail has no part ${name}.`)} />;
  if (problem || value?.eventsProblem) return <Problem of={problem ?? value?.eventsProblem} />;
  if (!value) return <StatusIndicator type="loading">Loading the trail</StatusIndicator>;
  return <Editing name={part} before={value} />;
}

function Editing({ name, before }: { name: PartName; before: Whole }) {
  const part = PARTS[name];
  const [draft, setDraft] = useState<Draft>(() => begun(before));
  const [errors, setErrors] = useState<Errors>({});
  const change = (some: Partial<Draft>) => setDraft((now) => ({ ...now, ...some }));

  async function save() {
    const all = missing(draft);
    const found = part.fields.filter((each) => all[each]);
    setErrors(Object.fromEntries(found.map((each) => [each, all[each]])));
    if (found.length) return;
    try {
      await part.save(draft, before);
    } catch (error) {
      const refused = refusal(error);
      setErrors(refused.errors);
      if (!part.fields.some((each) => refused.errors[each])) throw error;
      return;
    }
    tell("success", `${PART_TITLES[name]} of ${before.trail.Name} were saved.`);
    go(linkTo(before.trail));
  }

  const ofEvents: EventPart = {
    events: draft.events,
    change: (some) => setDraft((now) => ({ ...now, events: { ...now.events, ...some } })),
    errors,
  };
  return (
    <EditForm title={`${PART_TITLES[name]} of ${before.trail.Name}`} back={linkTo(before.trail)} save={save}>
      <Container>{part.show({ draft, change, errors, ofEvents })}</Container>
    </EditForm>
  );
}

function begun({ trail, tags, events }: Whole): Draft {
  const { selectors } = events!;
  const shown = { ...events!, selectors: selectors.length ? selectors : [newSelector] };
  // An organization's trail is named by its ARN: to a member, its name alone is no trail.
  return { ...draftOf(trail, tags, shown, session.get()!.account), name: trail.TrailARN! };
}
