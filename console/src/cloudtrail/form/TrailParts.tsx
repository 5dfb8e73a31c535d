import SpaceBetween from "@cloudscape-design/components/space-between";

import { clientOf } from "../../kit/clients";
import { NewOrExisting, Suggest, TextField, Tick } from "../../kit/fields";
import type { Draft, Errors } from "./draft";

export interface Part {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  errors: Errors;
}

/** Bucket, prefix, encryption, validation and notification. */
export function DestinationPart({ draft, change, errors }: Part) {
  return (
    <SpaceBetween size="l">
      <NewOrExisting
        of="S3 bucket"
        isNew={draft.bucketIsNew}
        change={(bucketIsNew) => change({ bucketIsNew })}
      />
      {draft.bucketIsNew ? (
        <TextField
          label="Trail log bucket and folder"
          says="Creates a bucket with this name, and a policy that lets CloudTrail write to it."
          value={draft.bucket}
          change={(bucket) => change({ bucket })}
          error={errors.bucket}
        />
      ) : (
        <Suggest
          label="Trail log bucket name"
          says="Its policy must let CloudTrail write to it."
          value={draft.bucket}
          change={(bucket) => change({ bucket })}
          error={errors.bucket}
          load={buckets}
        />
      )}
      <TextField
        label="Prefix - optional"
        value={draft.prefix}
        change={(prefix) => change({ prefix })}
        error={errors.prefix}
      />
      <Tick
        label="Log file SSE-KMS encryption"
        value={draft.encrypted}
        change={(encrypted) => change({ encrypted })}
      />
      {draft.encrypted && <KeyPart draft={draft} change={change} errors={errors} />}
      <Tick label="Log file validation" value={draft.validated} change={(validated) => change({ validated })} />
      <Tick
        label="SNS notification delivery"
        value={draft.notified}
        change={(notified) => change({ notified })}
      />
      {draft.notified && <TopicPart draft={draft} change={change} errors={errors} />}
    </SpaceBetween>
  );
}

function KeyPart({ draft, change, errors }: Part) {
  return (
    <SpaceBetween size="l">
      <NewOrExisting
        of="AWS KMS key"
        isNew={draft.keyIsNew}
        change={(keyIsNew) => change({ keyIsNew, key: "" })}
      />
      {draft.keyIsNew ? (
        <TextField label="AWS KMS alias" value={draft.key} change={(key) => change({ key })} error={errors.key} />
      ) : (
        <Suggest
          label="AWS KMS key alias or ARN"
          value={draft.key}
          change={(key) => change({ key })}
          error={errors.key}
          load={keys}
        />
      )}
    </SpaceBetween>
  );
}

function TopicPart({ draft, change, errors }: Part) {
  return (
    <SpaceBetween size="l">
      <NewOrExisting
        of="SNS topic"
        isNew={draft.topicIsNew}
        change={(topicIsNew) => change({ topicIsNew })}
      />
      {draft.topicIsNew ? (
        <TextField
          label="SNS topic name"
          value={draft.topic}
          change={(topic) => change({ topic })}
          error={errors.topic}
        />
      ) : (
        <Suggest
          label="SNS topic name or ARN"
          value={draft.topic}
          change={(topic) => change({ topic })}
          error={errors.topic}
          load={topics}
        />
      )}
    </SpaceBetween>
  );
}

export function LogsPart({ draft, change, errors }: Part) {
  return (
    <SpaceBetween size="l">
      <Tick
        label="CloudWatch Logs"
        says="Events also go to a log group"
        value={draft.logged}
        change={(logged) => change({ logged })}
      />
      {draft.logged && (
        <SpaceBetween size="l">
          <NewOrExisting
            of="log group"
            isNew={draft.groupIsNew}
            change={(groupIsNew) => change({ groupIsNew })}
          />
          {draft.groupIsNew ? (
            <TextField
              label="Log group name"
              value={draft.group}
              change={(group) => change({ group })}
              error={errors.group}
            />
          ) : (
            <Suggest
              label="Log group name"
              value={draft.group}
              change={(group) => change({ group })}
              error={errors.group}
              load={groups}
            />
          )}
          <NewOrExisting
            of="IAM role"
            isNew={draft.roleIsNew}
            change={(roleIsNew) => change({ roleIsNew })}
          />
          <TextField
            label="Role name"
            says="CloudTrail assumes it to write to the log group."
            value={draft.role}
            change={(role) => change({ role })}
            error={errors.role}
          />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

async function buckets(): Promise<string[]> {
  const [{ ListBucketsCommand }, { s3 }] = await Promise.all([import("@aws-sdk/client-s3"), import("../../s3/clients")]);
  const { Buckets = [] } = await s3().send(new ListBucketsCommand({}));
  return Buckets.map(({ Name = "" }) => Name);
}

async function keys(): Promise<string[]> {
  const { KMSClient, ListAliasesCommand } = await import("@aws-sdk/client-kms");
  const { Aliases = [] } = await clientOf(KMSClient).send(new ListAliasesCommand({}));
  return Aliases.map(({ AliasName = "" }) => AliasName).filter((each) => !each.startsWith("alias/aws/"));
}

async function topics(): Promise<string[]> {
  const { ListTopicsCommand, SNSClient } = await import("@aws-sdk/client-sns");
  const { Topics = [] } = await clientOf(SNSClient).send(new ListTopicsCommand({}));
  return Topics.map(({ TopicArn = "" }) => TopicArn);
}

async function groups(): Promise<string[]> {
  const [{ DescribeLogGroupsCommand }, { logs }] = await Promise.all([
    import("@aws-sdk/client-cloudwatch-logs"),
    import("../../logs/clients"),
  ]);
  const { logGroups = [] } = await logs().send(new DescribeLogGroupsCommand({}));
  return logGroups.map(({ logGroupName = "" }) => logGroupName);
}
