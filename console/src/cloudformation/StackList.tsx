import type { Stack } from "@aws-sdk/client-cloudformation";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { to } from "../app/route";
import { Listing, type Column } from "../kit/Listing";
import { time } from "../kit/saving";
import { someStacks } from "./stacks";

export function Status({ of = "" }: { of?: string }) {
  const type = /FAILED|ROLLBACK/.test(of) ? "error" : of.endsWith("IN_PROGRESS") ? "in-progress" : "success";
  return <StatusIndicator type={type}>{of}</StatusIndicator>;
}

const columns: Column<Stack>[] = [
  { header: "Stack name", text: ({ StackName = "" }) => StackName, href: ({ StackName = "" }) => to("cloudformation", "stacks", StackName) },
  { header: "Status", text: ({ StackStatus = "" }) => StackStatus, show: ({ StackStatus }) => <Status of={StackStatus} /> },
  { header: "Created time", text: ({ CreationTime }) => time(CreationTime) },
  { header: "Description", text: ({ Description = "" }) => Description },
];

export default function Stacks() {
  return (
    <Listing
      title="Stacks"
      variant="full-page"
      id={({ StackId = "" }) => StackId}
      columns={columns}
      load={someStacks}
      again={(stacks) => stacks.some(({ StackStatus = "" }) => StackStatus.endsWith("IN_PROGRESS"))}
      empty="No stacks in this Region."
    />
  );
}
