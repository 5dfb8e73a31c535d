import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";

import type { Some } from "../kit/Listing";
import { pretty } from "../kit/saving";
import { s3 } from "./clients";

/** An object, or a folder: what several keys have in common up to a slash. */
export interface Entry {
  key: string;
  isFolder: boolean;
  modified?: Date;
  size?: number;
  storage?: string;
}

export async function someEntries(bucket: string, prefix: string, from?: string): Promise<Some<Entry>> {
  const answer = await s3().send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, Delimiter: "/", ContinuationToken: from }),
  );
  const folders = (answer.CommonPrefixes ?? []).map(({ Prefix = "" }) => ({ key: Prefix, isFolder: true }));
  const objects = (answer.Contents ?? [])
    .filter(({ Key }) => Key !== prefix)
    .map(({ Key = "", LastModified, Size, StorageClass }) => ({
      key: Key,
      isFolder: false,
      modified: LastModified,
      size: Size,
      storage: StorageClass,
    }));
  return { items: [...folders, ...objects], next: answer.NextContinuationToken };
}

export function nameOf(key: string): string {
  return key.split("/").filter(Boolean).at(-1) ?? key;
}

export function uriOf(bucket: string, key: string): string {
  return `s3://${bucket}/${key}`;
}

export async function headOf(bucket: string, key: string) {
  return s3().send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
}

export async function bytesOf(bucket: string, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const { Body } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return new Uint8Array(await Body!.transformToByteArray());
}

export async function deleteObject(bucket: string, key: string): Promise<void> {
  await s3().send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
}

/** CloudTrail's files have at most 50 MB: UG/cloudtrail-log-file-examples. */
export const MOST = 50_000_000;

/** An object's text: unpacked if it is gzip, indented if it is JSON. */
export async function textOf(bucket: string, key: string): Promise<string> {
  const { ContentLength = 0 } = await headOf(bucket, key);
  if (ContentLength > MOST) throw new Error("The object is too large to open in a page: download it.");
  const bytes = await bytesOf(bucket, key);
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const text = decoded(isPacked ? await unpacked(bytes) : bytes);
  try {
    return pretty(text);
  } catch {
    return text;
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("The object is not text: download it.");
  }
}

async function unpacked(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
    length += piece.length;
    if (length > MOST) throw new Error("The object unpacks to more than 50 MB: download it.");
    pieces.push(piece);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
