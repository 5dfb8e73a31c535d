import { DeleteBucketPolicyCommand, GetBucketPolicyCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import Container from "@cloudscape-design/components/container";
import { useState } from "react";

import { tell } from "../app/notices";
import { go, to } from "../app/route";
import { Awaited } from "../kit/Awaited";
import { code } from "../kit/clients";
import { EditForm } from "../kit/EditForm";
import { LongField } from "../kit/fields";
import { pretty } from "../kit/saving";
import { s3 } from "./clients";

export default function Permissions({ at: [bucket = ""] }: { at: string[] }) {
  return <Awaited load={() => policyOf(bucket)} of={bucket} show={(policy) => <Edit bucket={bucket} before={policy} />} />;
}

async function policyOf(bucket: string): Promise<string> {
  try {
    const { Policy } = await s3().send(new GetBucketPolicyCommand({ Bucket: bucket }));
    return pretty(Policy ?? "{}");
  } catch (error) {
    if (code(error) === "NoSuchBucketPolicy") return "";
    throw error;
  }
}

function Edit({ bucket, before }: { bucket: string; before: string }) {
  const [policy, setPolicy] = useState(before);
  const back = to("s3", "buckets", bucket);
  return (
    <EditForm
      title={`Permissions of ${bucket}`}
      back={back}
      save={async () => {
        const named = { Bucket: bucket };
        if (policy.trim()) await s3().send(new PutBucketPolicyCommand({ ...named, Policy: policy }));
        else await s3().send(new DeleteBucketPolicyCommand(named));
        tell("success", `The policy of ${bucket} was saved.`);
        go(back);
      }}
    >
      <Container>
        <LongField label="Bucket policy" says="JSON; leave it empty for no policy" rows={24} value={policy} change={setPolicy} />
      </Container>
    </EditForm>
  );
}
