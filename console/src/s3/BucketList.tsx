import type { Bucket } from "@aws-sdk/client-s3";

import { to } from "../app/route";
import { Listing, type Column } from "../kit/Listing";
import { time } from "../kit/saving";
import { deleteBucket, emptyBucket, someBuckets } from "./buckets";

const columns: Column<Bucket>[] = [
  { header: "Name", text: ({ Name = "" }) => Name, href: ({ Name = "" }) => to("s3", "buckets", Name) },
  { header: "AWS Region", text: ({ BucketRegion = "" }) => BucketRegion },
  { header: "Creation date", text: ({ CreationDate }) => time(CreationDate) },
];

export default function Buckets() {
  return (
    <Listing
      title="Buckets"
      variant="full-page"
      id={({ Name = "" }) => Name}
      columns={columns}
      load={someBuckets}
      actions={() => [
        emptyBucket,
        deleteBucket,
        { label: "Create bucket", primary: true, href: () => to("s3", "buckets", "create") },
      ]}
      empty="No buckets."
    />
  );
}
