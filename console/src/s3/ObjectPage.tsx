import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { go, to } from "../app/route";
import { Actions, type Action } from "../kit/actions";
import { Awaited } from "../kit/Awaited";
import { Facts } from "../kit/Facts";
import { save, size, time } from "../kit/saving";
import { crumbs } from "./BucketPage";
import { bytesOf, deleteObject, headOf, nameOf, uriOf } from "./objects";

export default function ObjectPage({ at: [bucket = "", key = ""] }: { at: string[] }) {
  const folder = to("s3", "buckets", bucket, key.slice(0, key.lastIndexOf("/") + 1));
  const actions: Action<string>[] = [
    {
      label: "Copy S3 URI",
      isRead: true,
      run: async () => {
        await navigator.clipboard.writeText(uriOf(bucket, key));
        return "The S3 URI was copied.";
      },
    },
    { label: "Download", isRead: true, run: async () => save(await bytesOf(bucket, key), nameOf(key)) },
  ];
  const remove: Action<string> = {
    label: "Delete",
    confirm: () => ({ header: `Delete ${nameOf(key)}?`, says: "You cannot undo this.", word: "permanently delete" }),
    run: async () => {
      await deleteObject(bucket, key);
      return `${nameOf(key)} was deleted.`;
    },
  };
  return (
    <SpaceBetween size="l">
      <BreadcrumbGroup ariaLabel="Folders" items={crumbs(bucket, key)} />
      <Header
        variant="h1"
        actions={
          <SpaceBetween size="xs" direction="horizontal">
            <Actions of={actions} items={[key]} done={() => undefined} />
            <Actions of={[remove]} items={[key]} done={() => go(folder)} />
            <Button variant="primary" href={to("s3", "open", bucket, key)}>
              Open
            </Button>
          </SpaceBetween>
        }
      >
        {nameOf(key)}
      </Header>
      <Awaited
        load={() => headOf(bucket, key)}
        of={`${bucket}/${key}`}
        show={(head) => (
          <Facts
            title="Object overview"
            of={[
              ["S3 URI", uriOf(bucket, key)],
              ["Key", key],
              ["Last modified", time(head.LastModified)],
              ["Size", size(head.ContentLength ?? 0)],
              ["Entity tag (Etag)", head.ETag],
              ["Content type", head.ContentType],
              ["Content encoding", head.ContentEncoding],
              ["Server-side encryption", head.ServerSideEncryption],
              ["AWS KMS key", head.SSEKMSKeyId],
              ...Object.entries(head.Metadata ?? {}).map(([name, value]): [string, string] => [`x-amz-meta-${name}`, value]),
            ]}
          />
        )}
      />
    </SpaceBetween>
  );
}
