import {
  AddTagsCommand,
  CreateTrailCommand,
  PutEventSelectorsCommand,
  PutInsightSelectorsCommand,
  RemoveTagsCommand,
  StartLoggingCommand,
  UpdateTrailCommand,
} from "@aws-sdk/client-cloudtrail";

import { region, session } from "../../app/session";
import { clientOf, code, told } from "../../kit/clients";
import type { Tag } from "../../kit/Tags";
import { cloudtrail } from "../clients";
import { Refused, type Draft, type Errors, type Field } from "./draft";
import { keyPolicy, rolePolicy, topicPolicy, trailArn, trustPolicy, bucketPolicy, type Where } from "./policies";
import { selectorsOf, type Events } from "./selectors";

/** Which field an error of CreateTrail and UpdateTrail is about. */
const FIELDS: [RegExp, Field][] = [
  [/TrailName|TrailAlreadyExists|MaximumNumberOfTrails/, "name"],
  [/S3Bucket|NoSuchBucket/, "bucket"],
  [/S3Prefix/, "prefix"],
  [/Kms|EncryptionPolicy/, "key"],
  [/Sns/, "topic"],
  [/LogsLogGroup|LogsDelivery/, "group"],
  [/LogsRole/, "role"],
  [/Tag/, "tags"],
];

async function at<Answer>(field: Field | undefined, call: Promise<Answer>): Promise<Answer> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(field ?? FIELDS.find(([name]) => name.test(code(error)))?.[1], told(error));
  }
}

/** The refusal, shown at its field or, if it has none, for the whole form. */
export function refusal(error: unknown): { errors: Errors; problem: unknown } {
  if (!(error instanceof Refused) || !error.field) return { errors: {}, problem: error };
  return { errors: { [error.field]: error.message }, problem: null };
}

function whereOf(name: string): Where {
  const account = session.get()!.account;
  return { account, region: region.get(), trailArn: trailArn(region.get(), account, name) };
}

/** Create something unless an earlier try did: `made` of the draft says so. */
async function once(draft: Draft, what: string, make: () => Promise<string>): Promise<string> {
  return (draft.made[what] ??= await make());
}

/** Create the trail and what it needs, with the same calls as AWS's console. */
export async function createTrail(draft: Draft): Promise<void> {
  const destination = await makeDestination(draft);
  const settings = {
    Name: draft.name,
    IncludeGlobalServiceEvents: true,
    IsMultiRegionTrail: true,
    ...destination,
  };
  if (draft.made.trail === draft.name) await at(undefined, cloudtrail().send(new UpdateTrailCommand(settings)));
  else {
    const tags = draft.tags.map(({ key, value }) => ({ Key: key, Value: value }));
    await at(
      undefined,
      cloudtrail().send(new CreateTrailCommand({ ...settings, ...(tags.length && { TagsList: tags }) })),
    );
    draft.made.trail = draft.name;
  }
  await saveEvents(draft.name, draft.events);
  if (draft.events.insights) await saveInsights(draft.name, draft.events);
  await at(undefined, cloudtrail().send(new StartLoggingCommand({ Name: draft.name })));
  if (draft.logged) await saveLogs(draft);
}

/** Save General details. */
export async function saveDestination(draft: Draft): Promise<void> {
  const settings = { Name: draft.name, ...(await makeDestination(draft)) };
  await at(undefined, cloudtrail().send(new UpdateTrailCommand(settings)));
}

async function makeDestination(draft: Draft) {
  const where = whereOf(draft.name);
  if (draft.bucketIsNew) await makeBucket(draft, where);
  const key = draft.encrypted && draft.keyIsNew ? await makeKey(draft, where) : draft.key;
  const topic = draft.notified && draft.topicIsNew ? await makeTopic(draft, where) : draft.topic;
  return {
    S3BucketName: draft.bucket,
    S3KeyPrefix: draft.prefix,
    EnableLogFileValidation: draft.validated,
    KmsKeyId: draft.encrypted ? key : "",
    SnsTopicName: draft.notified ? topic : "",
  };
}

async function makeBucket({ made, bucket, prefix }: Draft, where: Where): Promise<void> {
  const [{ PutBucketPolicyCommand }, { s3 }, { createBucket }] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("../../s3/clients"),
    import("../../s3/buckets"),
  ]);
  if (made.bucket !== bucket) {
    await at("bucket", createBucket(bucket));
    made.bucket = bucket;
  }
  const policy = bucketPolicy(bucket, prefix, where);
  await at("bucket", s3().send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy })));
}

async function makeKey(draft: Draft, where: Where): Promise<string> {
  const { CreateAliasCommand, CreateKeyCommand, KMSClient } = await import("@aws-sdk/client-kms");
  const kms = clientOf(KMSClient);
  const key = await once(draft, `key of ${where.trailArn}`, async () => {
    const made = await at("key", kms.send(new CreateKeyCommand({ Policy: keyPolicy(where) })));
    return made.KeyMetadata!.Arn!;
  });
  const alias = draft.key.startsWith("alias/") ? draft.key : `alias/${draft.key}`;
  await once(draft, alias, async () => {
    await at("key", kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: key })));
    return key;
  });
  return key;
}

async function makeTopic(draft: Draft, where: Where): Promise<string> {
  const { CreateTopicCommand, SetTopicAttributesCommand, SNSClient } = await import("@aws-sdk/client-sns");
  const sns = clientOf(SNSClient);
  const { TopicArn: arn = "" } = await at("topic", sns.send(new CreateTopicCommand({ Name: draft.topic })));
  const policy = { TopicArn: arn, AttributeName: "Policy", AttributeValue: topicPolicy(arn, where) };
  await at("topic", sns.send(new SetTopicAttributesCommand(policy)));
  return arn;
}

/** Save the settings of CloudWatch Logs. A new log group and role are created first. */
export async function saveLogs(draft: Draft): Promise<void> {
  const where = whereOf(draft.name);
  if (draft.logged && draft.groupIsNew) await makeGroup(draft);
  if (draft.logged && draft.roleIsNew) await makeRole(draft, where);
  const { account } = where;
  const settings = draft.logged
    ? {
        CloudWatchLogsLogGroupArn: `arn:aws:logs:${where.region}:${account}:log-group:${draft.group}:*`,
        CloudWatchLogsRoleArn: `arn:aws:iam::${account}:role/${draft.role}`,
      }
    : { CloudWatchLogsLogGroupArn: "", CloudWatchLogsRoleArn: "" };
  await at(undefined, cloudtrail().send(new UpdateTrailCommand({ Name: draft.name, ...settings })));
}

async function makeGroup(draft: Draft): Promise<void> {
  const [{ CreateLogGroupCommand }, { logs }] = await Promise.all([
    import("@aws-sdk/client-cloudwatch-logs"),
    import("../../logs/clients"),
  ]);
  await once(draft, `group ${draft.group}`, async () => {
    await at("group", logs().send(new CreateLogGroupCommand({ logGroupName: draft.group })));
    return draft.group;
  });
}

async function makeRole(draft: Draft, where: Where): Promise<void> {
  const { CreateRoleCommand, IAMClient, PutRolePolicyCommand } = await import("@aws-sdk/client-iam");
  const iam = clientOf(IAMClient);
  const RoleName = draft.role;
  await once(draft, `role ${RoleName}`, async () => {
    const trust = { RoleName, AssumeRolePolicyDocument: trustPolicy() };
    await at("role", iam.send(new CreateRoleCommand(trust)));
    return RoleName;
  });
  const rights = { RoleName, PolicyName: "CloudTrailToCloudWatchLogs", PolicyDocument: rolePolicy(draft.group, where) };
  await at("role", iam.send(new PutRolePolicyCommand(rights)));
}

/** Save which management and data events the trail records. */
export async function saveEvents(name: string, events: Events): Promise<void> {
  const field = events.data ? "data" : "management";
  const selectors = selectorsOf(events);
  await at(field, cloudtrail().send(new PutEventSelectorsCommand({ TrailName: name, ...selectors })));
}

export async function saveInsights(name: string, events: Events): Promise<void> {
  const types = events.insights ? events.insightTypes : [];
  const InsightSelectors = types.map((InsightType) => ({ InsightType }));
  await at("insights", cloudtrail().send(new PutInsightSelectorsCommand({ TrailName: name, InsightSelectors })));
}

export async function saveTags(arn: string, before: Tag[], tags: Tag[]): Promise<void> {
  const gone = before.filter((old) => !tags.some(({ key }) => key === old.key));
  const list = (some: Tag[]) => some.map(({ key, value }) => ({ Key: key, Value: value }));
  if (gone.length) await at("tags", cloudtrail().send(new RemoveTagsCommand({ ResourceId: arn, TagsList: list(gone) })));
  if (tags.length) await at("tags", cloudtrail().send(new AddTagsCommand({ ResourceId: arn, TagsList: list(tags) })));
}
