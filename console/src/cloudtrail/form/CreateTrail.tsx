import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard from "@cloudscape-design/components/wizard";
import { useState } from "react";

import { tell } from "../../app/notices";
import { go, to } from "../../app/route";
import { region, session } from "../../app/session";
import { Facts } from "../../kit/Facts";
import { TextField } from "../../kit/fields";
import { Problem } from "../../kit/Problem";
import { Tags } from "../../kit/Tags";
import { missing, newDraft, type Draft, type Errors, type Field } from "./draft";
import { DataPart, EventTypePart, InsightsPart, ManagementPart } from "./EventParts";
import { eventFacts } from "./facts";
import { trailArn } from "./policies";
import { createTrail, refusal } from "./saveTrail";
import type { Events } from "./selectors";
import { DestinationPart, LogsPart } from "./TrailParts";

const ON_PAGE: Field[][] = [
  ["name", "bucket", "prefix", "key", "topic", "group", "role", "tags"],
  ["events", "management", "data", "insights"],
  [],
];

export default function CreateTrail() {
  const [draft, setDraft] = useState<Draft>(() => newDraft(session.get()!.account));
  const [page, setPage] = useState(0);
  const [errors, setErrors] = useState<Errors>({});
  const [problem, setProblem] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const change = (some: Partial<Draft>) => setDraft((before) => ({ ...before, ...some }));
  const changeEvents = (some: Partial<Events>) =>
    setDraft((before) => ({ ...before, events: { ...before.events, ...some } }));

  function turnTo(wanted: number) {
    const found = missing(draft);
    const open = ON_PAGE.findIndex((fields, at) => at < wanted && fields.some((each) => found[each]));
    setErrors(open < 0 ? {} : found);
    setPage(open < 0 ? wanted : open);
  }

  async function submit() {
    setBusy(true);
    setProblem(null);
    try {
      await createTrail(draft);
      tell("success", `Trail ${draft.name} was created. It is logging.`);
      go(to("cloudtrail", "trails"));
    } catch (error) {
      const refused = refusal(error);
      setErrors(refused.errors);
      setProblem(refused.problem);
      const at = ON_PAGE.findIndex((fields) => fields.some((each) => refused.errors[each]));
      if (at >= 0) setPage(at);
      setBusy(false);
    }
  }

  const part = { draft, change, errors };
  const events = { events: draft.events, change: changeEvents, errors };
  return (
    <Wizard
      i18nStrings={{
        submitButton: "Create trail",
        stepNumberLabel: (number) => `Step ${number}`,
        collapsedStepsLabel: (number, count) => `Step ${number} of ${count}`,
        cancelButton: "Cancel",
        previousButton: "Previous",
        nextButton: "Next",
        navigationAriaLabel: "Steps",
        skipToButtonLabel: (step) => `Skip to ${step.title}`,
      }}
      activeStepIndex={page}
      onNavigate={({ detail }) => turnTo(detail.requestedStepIndex)}
      onCancel={() => go(to("cloudtrail", "trails"))}
      onSubmit={() => void submit()}
      isLoadingNextStep={busy}
      steps={[
        {
          title: "Choose trail attributes",
          content: (
            <SpaceBetween size="l">
              <Container header={<Header variant="h2">General details</Header>}>
                <SpaceBetween size="l">
                  <TextField
                    label="Trail name"
                    says="3 to 128 letters, digits, periods, underscores or hyphens"
                    value={draft.name}
                    change={(name) => change({ name })}
                    error={errors.name}
                  />
                  <DestinationPart {...part} />
                </SpaceBetween>
              </Container>
              <Container header={<Header variant="h2">CloudWatch Logs - optional</Header>}>
                <LogsPart {...part} />
              </Container>
              <ExpandableSection variant="container" headerText="Tags - optional" defaultExpanded={!!errors.tags}>
                <Tags tags={draft.tags} change={(tags) => change({ tags })} error={errors.tags} />
              </ExpandableSection>
            </SpaceBetween>
          ),
        },
        { title: "Choose log events", content: <EventsPage {...events} /> },
        { title: "Review and create", content: <Review draft={draft} problem={problem} /> },
      ]}
    />
  );
}

function EventsPage(part: Parameters<typeof EventTypePart>[0]) {
  const { events } = part;
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Events</Header>}>
        <EventTypePart {...part} />
      </Container>
      {events.management && (
        <Container header={<Header variant="h2">Management events</Header>}>
          <ManagementPart {...part} />
        </Container>
      )}
      {events.data && (
        <Container header={<Header variant="h2">Data events</Header>}>
          <DataPart {...part} />
        </Container>
      )}
      {events.insights && (
        <Container header={<Header variant="h2">Insights events</Header>}>
          <InsightsPart {...part} />
        </Container>
      )}
    </SpaceBetween>
  );
}

function Review({ draft, problem }: { draft: Draft; problem: unknown }) {
  const arn = trailArn(region.get(), session.get()!.account, draft.name);
  return (
    <SpaceBetween size="l">
      <Problem of={problem} />
      <Facts
        title="Choose trail attributes"
        of={[
          ["Trail name", draft.name],
          ["ARN", arn],
          ["Multi-region trail", "Yes"],
          ["Trail log location", [draft.bucket, draft.prefix, "AWSLogs"].filter(Boolean).join("/")],
          ["Log file SSE-KMS encryption", draft.encrypted ? draft.key : "Disabled"],
          ["Log file validation", draft.validated ? "Enabled" : "Disabled"],
          ["SNS notification delivery", draft.notified ? draft.topic : "Disabled"],
          ["CloudWatch Logs", draft.logged ? draft.group : "Disabled"],
          ["Tags", draft.tags.map(({ key, value }) => `${key}=${value}`).join(", ")],
        ]}
      />
      <Facts title="Choose log events" of={eventFacts(draft.events)} />
    </SpaceBetween>
  );
}
