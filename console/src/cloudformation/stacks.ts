import {
  CloudFormationClient,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  type Stack,
  type StackEvent,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";

import { clientOf } from "../kit/clients";
import type { Some } from "../kit/Listing";
import { pretty } from "../kit/saving";

const cloudformation = () => clientOf(CloudFormationClient);

export async function someStacks(from?: string): Promise<Some<Stack>> {
  const { Stacks: items = [], NextToken: next } = await cloudformation().send(
    new DescribeStacksCommand({ NextToken: from }),
  );
  return { items, next };
}

export async function stackOf(name: string): Promise<Stack> {
  const { Stacks = [] } = await cloudformation().send(new DescribeStacksCommand({ StackName: name }));
  return Stacks[0]!;
}

export async function someEvents(name: string, from?: string): Promise<Some<StackEvent>> {
  const { StackEvents: items = [], NextToken: next } = await cloudformation().send(
    new DescribeStackEventsCommand({ StackName: name, NextToken: from }),
  );
  return { items, next };
}

export async function someResources(name: string, from?: string): Promise<Some<StackResourceSummary>> {
  const { StackResourceSummaries: items = [], NextToken: next } = await cloudformation().send(
    new ListStackResourcesCommand({ StackName: name, NextToken: from }),
  );
  return { items, next };
}

export async function templateOf(name: string): Promise<string> {
  const { TemplateBody = "" } = await cloudformation().send(new GetTemplateCommand({ StackName: name }));
  return TemplateBody.trimStart().startsWith("{") ? pretty(TemplateBody) : TemplateBody;
}
