import type {
  AdvancedEventSelector,
  AdvancedFieldSelector,
  EventSelector,
  InsightType,
  ReadWriteType,
} from "@aws-sdk/client-cloudtrail";

import { lines } from "../../kit/lines";

/** What a trail records, as the form shows it. */
export interface Events {
  management: boolean;
  data: boolean;
  insights: boolean;
  read: boolean;
  write: boolean;
  excluded: string[];
  selectors: DataSelector[];
  /** Basic event selectors in place of advanced ones, for data events. */
  basic: boolean;
  resources: BasicResource[];
  insightTypes: InsightType[];
  /** Selectors that this form has no fields for. They are kept as they are. */
  others: AdvancedEventSelector[];
}

export interface DataSelector {
  name: string;
  type: string;
  template: keyof typeof TEMPLATES;
  conditions: Condition[];
}

export interface Condition {
  field: string;
  operator: Operator;
  /** One value a line. */
  values: string;
}

export interface BasicResource {
  type: string;
  read: boolean;
  write: boolean;
  /** One ARN a line. */
  arns: string;
}

export const OPERATORS = ["Equals", "NotEquals", "StartsWith", "NotStartsWith", "EndsWith", "NotEndsWith"] as const;
export type Operator = (typeof OPERATORS)[number];

/** Fields of data events: UG/filtering-data-events. */
export const FIELDS = [
  "eventName",
  "resources.ARN",
  "readOnly",
  "eventSource",
  "eventType",
  "userIdentity.arn",
  "sessionCredentialFromConsole",
];

export const TEMPLATES = {
  all: { label: "Log all events", conditions: [] as Condition[] },
  readOnly: { label: "Log readOnly events", conditions: [is("readOnly", "Equals", "true")] },
  writeOnly: { label: "Log writeOnly events", conditions: [is("readOnly", "Equals", "false")] },
  notConsole: {
    label: "Exclude AWS Management Console-initiated events",
    conditions: [is("sessionCredentialFromConsole", "NotEquals", "true")],
  },
  custom: { label: "Custom", conditions: [] as Condition[] },
};

function is(field: string, operator: Operator, values: string): Condition {
  return { field, operator, values };
}

export const RESOURCE_TYPES: Record<string, string> = {
  "AWS::DynamoDB::Table": "DynamoDB",
  "AWS::DynamoDB::Stream": "DynamoDB Streams",
  "AWS::Lambda::Function": "Lambda",
  "AWS::S3::Object": "S3",
  "AWS::Cognito::IdentityPool": "Cognito identity pool",
  "AWS::Events::EventBus": "EventBridge event bus",
  "AWS::Kinesis::Stream": "Kinesis stream",
  "AWS::SNS::Topic": "SNS topic",
  "AWS::SQS::Queue": "SQS",
  "AWS::StepFunctions::StateMachine": "Step Functions state machine",
};

/** The only types of basic selectors, each with the value that means all resources: API/DataResource. */
export const BASIC_TYPES: Record<string, { label: string; all: string }> = {
  "AWS::S3::Object": { label: "S3", all: "arn:aws:s3" },
  "AWS::Lambda::Function": { label: "Lambda", all: "arn:aws:lambda" },
  "AWS::DynamoDB::Table": { label: "DynamoDB", all: "arn:aws:dynamodb" },
};

export const EXCLUDABLE: Record<string, string> = {
  "kms.amazonaws.com": "Exclude AWS KMS events",
  "rdsdata.amazonaws.com": "Exclude Amazon RDS Data API events",
};

export const INSIGHTS: Record<string, string> = {
  ApiCallRateInsight: "API call rate",
  ApiErrorRateInsight: "API error rate",
};

export const newSelector: DataSelector = { name: "", type: "", template: "all", conditions: [] };
export const newResource: BasicResource = { type: "AWS::S3::Object", read: true, write: true, arns: "arn:aws:s3" };

/** What the form of AWS's console starts with. */
export const usualEvents: Events = {
  management: true,
  data: false,
  insights: false,
  read: true,
  write: true,
  excluded: [],
  selectors: [newSelector],
  basic: false,
  resources: [newResource],
  insightTypes: [],
  others: [],
};

export interface Selectors {
  EventSelectors?: EventSelector[];
  AdvancedEventSelectors?: AdvancedEventSelector[];
}

/** The selectors of PutEventSelectors for what the form says. */
export function selectorsOf(events: Events): Selectors {
  if (events.basic) return { EventSelectors: basic(events) };
  return {
    AdvancedEventSelectors: [
      ...(events.management ? [management(events)] : []),
      ...(events.data ? events.selectors.map(data) : []),
      ...events.others,
    ],
  };
}

function management({ read, write, excluded }: Events): AdvancedEventSelector {
  return {
    Name: "Management events selector",
    FieldSelectors: [
      { Field: "eventCategory", Equals: ["Management"] },
      ...(read === write ? [] : [{ Field: "readOnly", Equals: [String(read)] }]),
      ...(excluded.length ? [{ Field: "eventSource", NotEquals: excluded }] : []),
    ],
  };
}

function data({ name, type, template, conditions }: DataSelector): AdvancedEventSelector {
  const byField = new Map<string, AdvancedFieldSelector>();
  for (const { field, operator, values } of template === "custom" ? conditions : TEMPLATES[template].conditions) {
    const fieldSelector = byField.get(field) ?? { Field: field };
    fieldSelector[operator] = [...(fieldSelector[operator] ?? []), ...lines(values)];
    byField.set(field, fieldSelector);
  }
  return {
    ...(name && { Name: name }),
    FieldSelectors: [
      { Field: "eventCategory", Equals: ["Data"] },
      { Field: "resources.type", Equals: [type] },
      ...byField.values(),
    ],
  };
}

function basic(events: Events): EventSelector[] {
  const ofManagement: EventSelector = {
    ReadWriteType: readWrite(events),
    IncludeManagementEvents: true,
    ExcludeManagementEventSources: events.excluded,
    DataResources: [],
  };
  const ofData = events.resources.map((each) => ({
    ReadWriteType: readWrite(each),
    IncludeManagementEvents: false,
    DataResources: [{ Type: each.type, Values: lines(each.arns) }],
  }));
  return [...(events.management ? [ofManagement] : []), ...(events.data ? ofData : [])];
}

function readWrite({ read, write }: { read: boolean; write: boolean }): ReadWriteType {
  return read === write ? "All" : read ? "ReadOnly" : "WriteOnly";
}

/** What a trail's selectors say, for the form. */
export function eventsOf(selectors: Selectors, insightTypes: InsightType[]): Events {
  const events: Events = {
    ...usualEvents,
    management: false,
    read: false,
    write: false,
    selectors: [],
    resources: [],
    insights: insightTypes.length > 0,
    insightTypes,
  };
  for (const each of selectors.AdvancedEventSelectors ?? []) addAdvanced(events, each);
  for (const each of selectors.EventSelectors ?? []) addBasic(events, each);
  events.basic = events.resources.length > 0;
  events.data = events.basic || events.selectors.length > 0;
  if (!events.management) Object.assign(events, { read: true, write: true });
  return events;
}

function addAdvanced(events: Events, selector: AdvancedEventSelector): void {
  const [category] = fieldOf(selector, "eventCategory")?.Equals ?? [];
  if (category === "Data") events.selectors.push(dataSelectorOf(selector));
  else if (category === "Management" && !events.management && isPlain(selector)) {
    const [readOnly] = fieldOf(selector, "readOnly")?.Equals ?? [];
    events.management = true;
    events.read = readOnly !== "false";
    events.write = readOnly !== "true";
    events.excluded = fieldOf(selector, "eventSource")?.NotEquals ?? [];
  } else events.others.push(selector);
}

function fieldOf(selector: AdvancedEventSelector, field: string): AdvancedFieldSelector | undefined {
  return selector.FieldSelectors?.find((each) => each.Field === field);
}

/** Whether the form has fields for all that a selector of management events says. */
function isPlain(selector: AdvancedEventSelector): boolean {
  const { Field: _, NotEquals: left, ...more } = fieldOf(selector, "eventSource") ?? { Field: "", NotEquals: [] };
  const known = ["eventCategory", "readOnly", "eventSource"];
  return (
    (selector.FieldSelectors ?? []).every((each) => known.includes(each.Field!)) &&
    Object.values(more).every((each) => !each?.length) &&
    (left ?? []).every((each) => each in EXCLUDABLE)
  );
}

function dataSelectorOf(selector: AdvancedEventSelector): DataSelector {
  const conditions = (selector.FieldSelectors ?? [])
    .filter((each) => each.Field !== "eventCategory" && each.Field !== "resources.type")
    .flatMap((each) =>
      OPERATORS.filter((operator) => each[operator]?.length).map((operator) =>
        is(each.Field!, operator, each[operator]!.join("\n")),
      ),
    );
  const same = (template: keyof typeof TEMPLATES) =>
    template !== "custom" && JSON.stringify(TEMPLATES[template].conditions) === JSON.stringify(conditions);
  const template = (Object.keys(TEMPLATES) as (keyof typeof TEMPLATES)[]).find(same) ?? "custom";
  return {
    name: selector.Name ?? "",
    type: fieldOf(selector, "resources.type")?.Equals?.[0] ?? "",
    template,
    conditions,
  };
}

function addBasic(events: Events, selector: EventSelector): void {
  const read = selector.ReadWriteType !== "WriteOnly";
  const write = selector.ReadWriteType !== "ReadOnly";
  if (selector.IncludeManagementEvents) {
    events.management = true;
    events.read ||= read;
    events.write ||= write;
    events.excluded = selector.ExcludeManagementEventSources ?? [];
  }
  for (const { Type: type, Values: arns } of selector.DataResources ?? []) {
    events.resources.push({ type: type ?? "", read, write, arns: (arns ?? []).join("\n") });
  }
}
