import {
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  GetLogEventsCommand,
  type LogGroup,
  type LogStream,
  type OutputLogEvent,
} from "@aws-sdk/client-cloudwatch-logs";

import type { Some } from "../kit/Listing";
import { logs } from "./clients";

export async function someGroups(from?: string): Promise<Some<LogGroup>> {
  const { logGroups: items = [], nextToken: next } = await logs().send(new DescribeLogGroupsCommand({ nextToken: from }));
  return { items, next };
}

export async function someStreams(group: string, from?: string): Promise<Some<LogStream>> {
  const { logStreams: items = [], nextToken: next } = await logs().send(
    new DescribeLogStreamsCommand({ logGroupName: group, nextToken: from }),
  );
  return { items, next };
}

/** Oldest first. The last page is the one whose token brings nothing new. */
export async function someEvents(group: string, stream: string, from?: string): Promise<Some<OutputLogEvent>> {
  const { events: items = [], nextForwardToken } = await logs().send(
    new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, startFromHead: true, nextToken: from }),
  );
  return { items, next: items.length && nextForwardToken !== from ? nextForwardToken : undefined };
}
