/** The policies that CloudTrail needs, as AWS's console writes them for what it creates. */

const CLOUDTRAIL = { Service: "cloudtrail.amazonaws.com" };

export interface Where {
  account: string;
  region: string;
  trailArn: string;
}

export function trailArn(region: string, account: string, name: string): string {
  return `arn:aws:cloudtrail:${region}:${account}:trail/${name}`;
}

/** UG/create-s3-bucket-policy-for-cloudtrail */
export function bucketPolicy(bucket: string, prefix: string, { account, trailArn }: Where): string {
  const folder = prefix ? `${prefix}/AWSLogs` : "AWSLogs";
  return policy(
    {
      Sid: "AWSCloudTrailAclCheck20150319",
      Effect: "Allow",
      Principal: CLOUDTRAIL,
      Action: "s3:GetBucketAcl",
      Resource: `arn:aws:s3:::${bucket}`,
      Condition: { StringEquals: { "AWS:SourceArn": trailArn } },
    },
    {
      Sid: "AWSCloudTrailWrite20150319",
      Effect: "Allow",
      Principal: CLOUDTRAIL,
      Action: "s3:PutObject",
      Resource: `arn:aws:s3:::${bucket}/${folder}/${account}/*`,
      Condition: { StringEquals: { "s3:x-amz-acl": "bucket-owner-full-control", "AWS:SourceArn": trailArn } },
    },
  );
}

/** UG/create-kms-key-policy-for-cloudtrail */
export function keyPolicy({ account, trailArn }: Where): string {
  return policy(
    {
      Sid: "Enable IAM User Permissions",
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: "kms:*",
      Resource: "*",
    },
    {
      Sid: "Allow CloudTrail to encrypt logs",
      Effect: "Allow",
      Principal: CLOUDTRAIL,
      Action: "kms:GenerateDataKey*",
      Resource: "*",
      Condition: {
        StringEquals: { "AWS:SourceArn": trailArn },
        StringLike: { "kms:EncryptionContext:aws:cloudtrail:arn": `arn:aws:cloudtrail:*:${account}:trail/*` },
      },
    },
    { Sid: "Allow CloudTrail to describe key", Effect: "Allow", Principal: CLOUDTRAIL, Action: "kms:DescribeKey", Resource: "*" },
  );
}

/** UG/cloudtrail-permissions-for-sns-notifications */
export function topicPolicy(topicArn: string, { trailArn }: Where): string {
  return policy({
    Sid: "AWSCloudTrailSNSPolicy20131101",
    Effect: "Allow",
    Principal: CLOUDTRAIL,
    Action: "SNS:Publish",
    Resource: topicArn,
    Condition: { StringEquals: { "aws:SourceArn": trailArn } },
  });
}

/** UG/cloudtrail-required-policy-for-cloudwatch-logs */
export function rolePolicy(group: string, { account, region }: Where): string {
  const streams = `arn:aws:logs:${region}:${account}:log-group:${group}:log-stream:${account}_CloudTrail_${region}*`;
  return policy(
    { Sid: "AWSCloudTrailCreateLogStream2014110", Effect: "Allow", Action: ["logs:CreateLogStream"], Resource: [streams] },
    { Sid: "AWSCloudTrailPutLogEvents20141101", Effect: "Allow", Action: ["logs:PutLogEvents"], Resource: [streams] },
  );
}

export function trustPolicy(): string {
  return policy({ Effect: "Allow", Principal: CLOUDTRAIL, Action: "sts:AssumeRole" });
}

function policy(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}
