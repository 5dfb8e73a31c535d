import {
  DeleteTrailCommand,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  GetInsightSelectorsCommand,
  GetTrailStatusCommand,
  ListTagsCommand,
  ListTrailsCommand,
  StartLoggingCommand,
  StopLoggingCommand,
  type GetTrailStatusResponse,
  type InsightType,
  type Trail,
} from "@aws-sdk/client-cloudtrail";

import { to } from "../app/route";
import { code } from "../kit/clients";
import type { Action } from "../kit/actions";
import { cloudtrail } from "./clients";
import type { Tag } from "../kit/Tags";
import { eventsOf, type Events } from "./form/selectors";

export interface Shown extends Trail {
  status?: GetTrailStatusResponse;
}

/** The trails that the account sees, each with its status if the user may see that. */
export async function shownTrails(): Promise<Shown[]> {
  await cloudtrail().send(new ListTrailsCommand({}));
  return describedTrails();
}

export async function describedTrails(): Promise<Shown[]> {
  const { trailList = [] } = await cloudtrail().send(
    new DescribeTrailsCommand({ trailNameList: [], includeShadowTrails: true }),
  );
  return Promise.all(trailList.map(async (trail) => ({ ...trail, status: await statusOf(trail) })));
}

async function statusOf(trail: Trail): Promise<GetTrailStatusResponse | undefined> {
  try {
    return await cloudtrail().send(new GetTrailStatusCommand({ Name: trail.TrailARN }));
  } catch (error) {
    if (/AccessDenied/.test(code(error))) return undefined;
    throw error;
  }
}

/** What a trail's page shows. A part that the user may not see is a problem instead. */
export interface Whole {
  trail: Trail;
  status: GetTrailStatusResponse;
  events: Events | null;
  eventsProblem: unknown;
  tags: Tag[];
}

export async function wholeTrail(arn: string): Promise<Whole> {
  const { trailList = [] } = await cloudtrail().send(new DescribeTrailsCommand({ trailNameList: [arn] }));
  const [trail] = trailList;
  if (!trail) throw new Error(`There is no trail ${arn}. It may have been deleted.`);
  const [status, events, tags] = await Promise.all([
    cloudtrail().send(new GetTrailStatusCommand({ Name: arn })),
    recorded(arn).then(
      (events) => ({ events, problem: null }),
      (problem: unknown) => ({ events: null, problem }),
    ),
    tagsOf(arn),
  ]);
  return { trail, status, events: events.events, eventsProblem: events.problem, tags };
}

async function recorded(arn: string): Promise<Events> {
  const [selectors, insights] = await Promise.all([
    cloudtrail().send(new GetEventSelectorsCommand({ TrailName: arn })),
    insightTypes(arn),
  ]);
  return eventsOf(selectors, insights);
}

async function insightTypes(arn: string): Promise<InsightType[]> {
  try {
    const { InsightSelectors = [] } = await cloudtrail().send(new GetInsightSelectorsCommand({ TrailName: arn }));
    return InsightSelectors.map(({ InsightType }) => InsightType!);
  } catch (error) {
    if (code(error) === "InsightNotEnabledException") return [];
    throw error;
  }
}

async function tagsOf(arn: string): Promise<Tag[]> {
  try {
    const { ResourceTagList = [] } = await cloudtrail().send(new ListTagsCommand({ ResourceIdList: [arn] }));
    return (ResourceTagList[0]?.TagsList ?? []).map(({ Key = "", Value = "" }) => ({ key: Key, value: Value }));
  } catch (error) {
    // An organization's trail belongs to another account: members cannot see its tags.
    if (/AccessDenied|TrailNotFound|ResourceNotFound|InvalidTrailName|CloudTrailARNInvalid/.test(code(error))) return [];
    throw error;
  }
}

/** These buttons are always there: the API refuses what a member account may not do. */
export const deleteTrail: Action<Trail> = {
  label: "Delete",
  takes: "one",
  confirm: ([trail]) => ({
    header: `Delete trail ${trail?.Name}?`,
    says: "It stops recording. Its bucket and log files stay.",
  }),
  run: async ([trail]) => {
    await cloudtrail().send(new DeleteTrailCommand({ Name: trail!.TrailARN }));
    return `Trail ${trail!.Name} was deleted.`;
  },
};

export const startLogging: Action<Trail> = {
  label: "Start logging",
  takes: "one",
  run: async ([trail]) => {
    await cloudtrail().send(new StartLoggingCommand({ Name: trail!.TrailARN }));
    return `Trail ${trail!.Name} is logging.`;
  },
};

export const stopLogging: Action<Trail> = {
  label: "Stop logging",
  takes: "one",
  confirm: ([trail]) => ({
    header: `Stop logging on trail ${trail?.Name}?`,
    says: "New events are not delivered until it logs again.",
  }),
  run: async ([trail]) => {
    await cloudtrail().send(new StopLoggingCommand({ Name: trail!.TrailARN }));
    return `Trail ${trail!.Name} has stopped logging.`;
  },
};

export function linkTo({ TrailARN: arn = "" }: Trail, ...more: string[]): string {
  return to("cloudtrail", "trails", arn, ...more);
}
