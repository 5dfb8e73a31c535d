import Container from "@cloudscape-design/components/container";
import { useState } from "react";

import { tell } from "../app/notices";
import { go, to } from "../app/route";
import { EditForm } from "../kit/EditForm";
import { TextField } from "../kit/fields";
import { createBucket } from "./buckets";

export default function CreateBucket() {
  const [name, setName] = useState("");
  return (
    <EditForm
      title="Create bucket"
      button="Create bucket"
      back={to("s3")}
      save={async () => {
        await createBucket(name);
        tell("success", `Bucket ${name} was created.`);
        go(to("s3"));
      }}
    >
      <Container>
        <TextField label="Bucket name" value={name} change={setName} />
      </Container>
    </EditForm>
  );
}
