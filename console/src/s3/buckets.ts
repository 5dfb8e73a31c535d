import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type Bucket,
} from "@aws-sdk/client-s3";

import { tell } from "../app/notices";
import { region } from "../app/session";
import type { Action } from "../kit/actions";
import { told } from "../kit/clients";
import { counted } from "../kit/counting";
import type { Some } from "../kit/Listing";
import { s3 } from "./clients";

export async function someBuckets(from?: string): Promise<Some<Bucket>> {
  const { Buckets: items = [], ContinuationToken: next } = await s3().send(
    new ListBucketsCommand({ ContinuationToken: from }),
  );
  return { items, next };
}

export async function createBucket(name: string): Promise<void> {
  const where = region.get();
  const constraint = where as "eu-west-1";
  // us-east-1 is the only Region that cannot be a LocationConstraint: API/CreateBucket.
  const elsewhere = where !== "us-east-1" && { CreateBucketConfiguration: { LocationConstraint: constraint } };
  await s3().send(new CreateBucketCommand({ Bucket: name, ...elsewhere }));
}

/** Delete all objects below a prefix, with older versions, a thousand at a time. */
export async function empty(bucket: string, prefix = ""): Promise<number> {
  let replace = tell("in-progress", `Objects of ${bucket} are being deleted.`);
  let gone = 0;
  try {
    for (;;) {
      const { Versions = [], DeleteMarkers = [] } = await s3().send(
        new ListObjectVersionsCommand({ Bucket: bucket, Prefix: prefix, MaxKeys: 1000 }),
      );
      const found = [...Versions, ...DeleteMarkers];
      if (!found.length) break;
      const Objects = found.map(({ Key, VersionId }) => ({
        Key,
        ...(VersionId && VersionId !== "null" && { VersionId }),
      }));
      const { Errors = [] } = await s3().send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
      );
      if (Errors[0]) throw new Error(`${Errors[0].Key}: ${Errors[0].Code} ${Errors[0].Message}`);
      gone += found.length;
      replace();
      replace = tell("in-progress", `Deleted ${counted(gone, "object")} of ${bucket} so far.`);
    }
    replace();
    return gone;
  } catch (error) {
    replace();
    throw new Error(`After ${counted(gone, "object")} of ${bucket}: ${told(error)}`);
  }
}

export const emptyBucket: Action<Bucket> = {
  label: "Empty",
  takes: "one",
  isLong: true,
  confirm: ([bucket]) => ({
    header: `Empty bucket ${bucket?.Name}?`,
    says: "All its objects are deleted. You cannot undo this.",
    word: "permanently delete",
  }),
  run: async ([bucket]) => {
    const gone = await empty(bucket!.Name!);
    return `${bucket!.Name} is empty. Deleted ${counted(gone, "object")}.`;
  },
};

export const deleteBucket: Action<Bucket> = {
  label: "Delete",
  takes: "one",
  confirm: ([bucket]) => ({
    header: `Delete bucket ${bucket?.Name}?`,
    says: "It must be empty.",
    word: bucket?.Name,
  }),
  run: async ([bucket]) => {
    await s3().send(new DeleteBucketCommand({ Bucket: bucket!.Name }));
    return `Bucket ${bucket!.Name} was deleted.`;
  },
};
