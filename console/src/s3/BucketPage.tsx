import BreadcrumbGroup from "@cloudscape-design/components/breadcrumb-group";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { to } from "../app/route";
import { counted } from "../kit/counting";
import { Listing, type Column } from "../kit/Listing";
import { save, size, time } from "../kit/saving";
import { empty } from "./buckets";
import { bytesOf, deleteObject, nameOf, someEntries, uriOf, type Entry } from "./objects";

/** A bucket's folder: its objects and the folders in it. */
export default function BucketPage({ at: [bucket = "", prefix = ""] }: { at: string[] }) {
  const columns: Column<Entry>[] = [
    {
      header: "Name",
      text: ({ key, isFolder }) => nameOf(key) + (isFolder ? "/" : ""),
      href: ({ key, isFolder }) => to("s3", isFolder ? "buckets" : "objects", bucket, key),
    },
    { header: "Type", text: ({ key, isFolder }) => (isFolder ? "Folder" : nameOf(key).split(".").slice(1).at(-1) ?? "") },
    { header: "Last modified", text: ({ modified }) => time(modified) },
    { header: "Size", text: (entry) => (entry.size === undefined ? "" : size(entry.size)) },
    { header: "Storage class", text: ({ storage = "" }) => storage },
  ];
  return (
    <SpaceBetween size="s">
      <BreadcrumbGroup ariaLabel="Folders" items={crumbs(bucket, prefix)} />
      <Listing
        key={prefix}
        title={nameOf(prefix) || bucket}
        variant="full-page"
        description={
          <Button variant="inline-link" href={to("s3", "permissions", bucket)}>
            Permissions of the bucket
          </Button>
        }
        id={({ key }) => key}
        columns={columns}
        load={(from) => someEntries(bucket, prefix, from)}
        actions={([entry]) => [
          {
            label: "Copy S3 URI",
            takes: "one",
            isRead: true,
            run: async ([each]) => {
              await navigator.clipboard.writeText(uriOf(bucket, each!.key));
              return "The S3 URI was copied.";
            },
          },
          ...(entry && !entry.isFolder
            ? [
                { label: "Open", takes: "one" as const, href: ([each]: Entry[]) => to("s3", "open", bucket, each!.key) },
                {
                  label: "Download",
                  takes: "one" as const,
                  isRead: true,
                  run: async ([each]: Entry[]) => save(await bytesOf(bucket, each!.key), nameOf(each!.key)),
                },
              ]
            : []),
          {
            label: "Delete",
            takes: "some",
            isLong: true,
            confirm: (entries) => ({
              header: `Delete ${entries.length === 1 ? nameOf(entries[0]!.key) : `${entries.length} objects and folders`}?`,
              says: "Everything in a folder is deleted with it.",
              word: "permanently delete",
            }),
            run: async (entries) => {
              for (const { key, isFolder } of entries) await (isFolder ? empty(bucket, key) : deleteObject(bucket, key));
              return `Deleted ${counted(entries.length, "object or folder", "objects and folders")}.`;
            },
          },
        ]}
        empty="There are no objects here."
      />
    </SpaceBetween>
  );
}

export function crumbs(bucket: string, key: string) {
  const parts = key.split("/").filter(Boolean);
  const folders = parts.map((text, place) => ({
    text,
    href: to("s3", "buckets", bucket, parts.slice(0, place + 1).map((each) => `${each}/`).join("")),
  }));
  return [{ text: "Buckets", href: to("s3") }, { text: bucket, href: to("s3", "buckets", bucket) }, ...folders];
}
