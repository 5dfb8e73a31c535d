import type { InsightType } from "@aws-sdk/client-cloudtrail";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { LongField, OneOf, Pick, TextField, Ticks } from "../../kit/fields";
import { Text } from "../../kit/Text";
import type { Errors } from "./draft";
import {
  BASIC_TYPES,
  EXCLUDABLE,
  FIELDS,
  INSIGHTS,
  newResource,
  newSelector,
  OPERATORS,
  RESOURCE_TYPES,
  selectorsOf,
  TEMPLATES,
  type BasicResource,
  type Condition,
  type DataSelector,
  type Events,
  type Operator,
} from "./selectors";

export interface EventPart {
  events: Events;
  change: (change: Partial<Events>) => void;
  errors: Errors;
}

const KINDS = { management: "Management events", data: "Data events", insights: "Insights events" };
const ACTIVITY = { read: "Read", write: "Write" };

/** The keys of an object's booleans that are true. */
function on<Key extends string>(of: { [each in NoInfer<Key>]: boolean }, keys: Record<Key, string>): Key[] {
  return (Object.keys(keys) as Key[]).filter((each) => of[each]);
}

function switched(keys: object, wanted: string[]) {
  return Object.fromEntries(Object.keys(keys).map((each) => [each, wanted.includes(each)]));
}

export function EventTypePart({ events, change, errors }: EventPart) {
  return (
    <Ticks
      label="Event type"
      of={KINDS}
      value={on(events, KINDS)}
      change={(wanted) => change(switched(KINDS, wanted))}
      error={errors.events}
    />
  );
}

export function ManagementPart({ events, change, errors }: EventPart) {
  return (
    <SpaceBetween size="l">
      <Ticks
        label="API activity"
        of={ACTIVITY}
        value={on(events, ACTIVITY)}
        change={(wanted) => change(switched(ACTIVITY, wanted))}
        error={errors.management}
      />
      <Ticks
        label="Excluded events"
        of={EXCLUDABLE}
        value={events.excluded}
        change={(excluded) => change({ excluded })}
      />
    </SpaceBetween>
  );
}

export function InsightsPart({ events, change, errors }: EventPart) {
  return (
    <Ticks
      label="Insights types"
      of={INSIGHTS}
      value={events.insightTypes}
      change={(wanted) => change({ insightTypes: wanted as InsightType[] })}
      error={errors.insights}
    />
  );
}

export function DataPart(part: EventPart) {
  const { events, change, errors } = part;
  return (
    <SpaceBetween size="l">
      <FormField errorText={errors.data} stretch>
        <Button formAction="none" onClick={() => change({ basic: !events.basic })}>
          {events.basic ? "Switch to advanced event selectors" : "Switch to basic event selectors"}
        </Button>
      </FormField>
      {events.basic ? <BasicPart {...part} /> : <AdvancedPart {...part} />}
      <ExpandableSection headerText="JSON view">
        <Text of={JSON.stringify(selectorsOf({ ...events, data: true }), null, 2)} label="Selectors as JSON" />
      </ExpandableSection>
    </SpaceBetween>
  );
}

function AdvancedPart({ events, change }: EventPart) {
  const list = events.selectors.length ? events.selectors : [newSelector];
  return (
    <Many
      what="data event type"
      list={list}
      change={(selectors) => change({ selectors })}
      another={newSelector}
      show={(selector, edit) => (
        <SpaceBetween size="m">
          <Pick
            label="Resource type"
            placeholder="Choose a resource type"
            value={selector.type}
            change={(type) => edit({ type })}
            of={selector.type in RESOURCE_TYPES || !selector.type ? RESOURCE_TYPES : { ...RESOURCE_TYPES, [selector.type]: selector.type }}
          />
          <Pick
            label="Log selector template"
            value={selector.template}
            change={(template) => edit({ template, conditions: template === "custom" ? conditionsOf(selector) : [] })}
            of={labels}
          />
          <TextField label="Selector name - optional" value={selector.name} change={(name) => edit({ name })} />
          {selector.template === "custom" && (
            <Conditions list={selector.conditions} change={(conditions) => edit({ conditions })} />
          )}
        </SpaceBetween>
      )}
    />
  );
}

const labels = Object.fromEntries(
  Object.entries(TEMPLATES).map(([id, { label }]) => [id, label]),
) as Record<DataSelector["template"], string>;

/** A template that is changed to Custom starts with its own conditions. */
function conditionsOf({ template, conditions }: DataSelector): Condition[] {
  const begun = template === "custom" ? conditions : TEMPLATES[template].conditions;
  return begun.length ? begun : [{ field: "eventName", operator: "Equals", values: "" }];
}

const fieldLabels = Object.fromEntries(FIELDS.map((each) => [each, each]));
const operatorLabels = Object.fromEntries(OPERATORS.map((each) => [each, each])) as Record<Operator, string>;

function Conditions({ list, change }: { list: Condition[]; change: (list: Condition[]) => void }) {
  return (
    <Many
      what="condition"
      list={list}
      change={change}
      another={{ field: "eventName", operator: "Equals", values: "" }}
      show={(condition, edit) => (
        <Grid gridDefinition={[{ colspan: { default: 12, xxs: 4 } }, { colspan: { default: 12, xxs: 4 } }, { colspan: { default: 12, xxs: 4 } }]}>
          <Pick label="Field" value={condition.field} change={(field) => edit({ field })} of={fieldLabels} />
          <Pick label="Operator" value={condition.operator} change={(operator) => edit({ operator })} of={operatorLabels} />
          <LongField label="Value" says="One per line" rows={2} value={condition.values} change={(values) => edit({ values })} />
        </Grid>
      )}
    />
  );
}

function BasicPart({ events, change }: EventPart) {
  const list = events.resources.length ? events.resources : [newResource];
  return (
    <Many
      what="data event source"
      list={list}
      change={(resources) => change({ resources })}
      another={newResource}
      show={(resource, edit) => <Resource of={resource} edit={edit} />}
    />
  );
}

const basicLabels = Object.fromEntries(Object.entries(BASIC_TYPES).map(([id, { label }]) => [id, label]));

function Resource({ of, edit }: { of: BasicResource; edit: (some: Partial<BasicResource>) => void }) {
  const { all } = BASIC_TYPES[of.type] ?? { all: "" };
  return (
    <SpaceBetween size="m">
      <Pick
        label="Data event source"
        value={of.type}
        change={(type) => edit({ type, arns: BASIC_TYPES[type]!.all })}
        of={basicLabels}
      />
      <Ticks
        label="API activity"
        of={ACTIVITY}
        value={on(of, ACTIVITY)}
        change={(wanted) => edit(switched(ACTIVITY, wanted))}
      />
      <OneOf
        label="Resources"
        value={of.arns === all ? "all" : "some"}
        change={(which) => edit({ arns: which === "all" ? all : "" })}
        of={{ all: "All, current and future", some: "Individual ones" }}
      />
      {of.arns !== all && (
        <LongField label="ARNs" says="One per line, such as arn:aws:s3:::bucket/prefix" value={of.arns} change={(arns) => edit({ arns })} />
      )}
    </SpaceBetween>
  );
}

/** A list: each item has a box in which it can be edited and removed. */
function Many<Each>(props: {
  what: string;
  list: Each[];
  change: (list: Each[]) => void;
  another: Each;
  show: (each: Each, edit: (some: Partial<Each>) => void) => React.ReactNode;
}) {
  const { what, list, change } = props;
  return (
    <SpaceBetween size="m">
      {list.map((each, place) => (
        <Container
          key={place}
          header={
            <Header
              variant="h3"
              actions={
                list.length > 1 && (
                  <Button
                    formAction="none"
                    ariaLabel={`Remove ${what} ${place + 1}`}
                    onClick={() => change(list.filter((_, at) => at !== place))}
                  >
                    Remove
                  </Button>
                )
              }
            >
              {`${what[0]!.toUpperCase()}${what.slice(1)} ${place + 1}`}
            </Header>
          }
        >
          {props.show(each, (some) => change(list.map((one, at) => (at === place ? { ...one, ...some } : one))))}
        </Container>
      ))}
      <Button formAction="none" onClick={() => change([...list, props.another])}>{`Add ${what}`}</Button>
    </SpaceBetween>
  );
}
