import type { Trail } from "@aws-sdk/client-cloudtrail";

import type { Tag } from "../../kit/Tags";
import { usualEvents, type Events } from "./selectors";

/** A trail in the form, before it is saved. */
export interface Draft extends Destination, Logs {
  name: string;
  tags: Tag[];
  events: Events;
  /** What has already been created for it, so that a second try does not create it again. */
  made: Record<string, string>;
}

export interface Destination {
  bucketIsNew: boolean;
  bucket: string;
  prefix: string;
  encrypted: boolean;
  keyIsNew: boolean;
  key: string;
  validated: boolean;
  notified: boolean;
  topicIsNew: boolean;
  topic: string;
}

export interface Logs {
  logged: boolean;
  groupIsNew: boolean;
  group: string;
  roleIsNew: boolean;
  role: string;
}

export type Field =
  | "name"
  | "bucket"
  | "prefix"
  | "key"
  | "topic"
  | "group"
  | "role"
  | "tags"
  | "events"
  | "management"
  | "data"
  | "insights";

export type Errors = Partial<Record<Field, string>>;

/** An API's complaint about a field of the form. */
export class Refused extends Error {
  constructor(
    readonly field: Field | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** The form as it opens: names as the console proposes them, files encrypted and validated. */
export function newDraft(account: string): Draft {
  const suffix = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(16).padStart(8, "0");
  const proposed = `aws-cloudtrail-logs-${account}-${suffix}`;
  return {
    name: "",
    bucketIsNew: true,
    bucket: proposed,
    prefix: "",
    encrypted: true,
    keyIsNew: true,
    key: "",
    validated: true,
    notified: false,
    topicIsNew: true,
    topic: proposed,
    logged: false,
    groupIsNew: true,
    group: proposed,
    roleIsNew: true,
    role: "CloudTrailRoleForCloudWatchLogs",
    tags: [],
    events: usualEvents,
    made: {},
  };
}

/** The form for an existing trail. */
export function draftOf(trail: Trail, tags: Tag[], events: Events, account: string): Draft {
  const usual = newDraft(account);
  const role = trail.CloudWatchLogsRoleArn;
  return {
    ...usual,
    name: trail.Name ?? "",
    bucketIsNew: false,
    bucket: trail.S3BucketName ?? "",
    prefix: trail.S3KeyPrefix ?? "",
    encrypted: !!trail.KmsKeyId,
    keyIsNew: !trail.KmsKeyId,
    key: trail.KmsKeyId ?? "",
    validated: !!trail.LogFileValidationEnabled,
    notified: !!trail.SnsTopicARN,
    topicIsNew: !trail.SnsTopicARN,
    topic: trail.SnsTopicARN ?? usual.topic,
    logged: !!trail.CloudWatchLogsLogGroupArn,
    groupIsNew: !trail.CloudWatchLogsLogGroupArn,
    group: trail.CloudWatchLogsLogGroupArn?.split(":")[6] ?? usual.group,
    roleIsNew: !role,
    role: role ? role.slice(role.indexOf("role/") + 5) : usual.role,
    tags,
    events,
  };
}

/** What must be filled in before any API is called. */
export function missing(draft: Draft): Errors {
  const { events } = draft;
  const errors: Errors = {};
  if (!draft.name) errors.name = "Enter the trail's name.";
  if (!draft.bucket) errors.bucket = "Enter the bucket's name.";
  if (draft.encrypted && !draft.key) errors.key = "Enter an alias for the new key, or choose one.";
  if (draft.notified && !draft.topic) errors.topic = "Enter the topic's name.";
  if (draft.logged && !draft.group) errors.group = "Enter the log group's name.";
  if (draft.logged && !draft.role) errors.role = "Enter the role's name.";
  return { ...errors, ...missingEvents(events) };
}

export function missingEvents(events: Events): Errors {
  const errors: Errors = {};
  if (!events.management && !events.data && !events.others.length) errors.events = "Choose an event type.";
  if (events.management && !events.read && !events.write) errors.management = "Choose Read, Write, or both.";
  if (events.data && !events.basic && events.selectors.some(({ type }) => !type)) {
    errors.data = "Choose a resource type.";
  }
  if (events.insights && !events.management && !events.data) {
    errors.events = "Insights events need management events: choose those too.";
  }
  if (events.insights && !events.insightTypes.length) errors.insights = "Choose a type of Insights.";
  return errors;
}
