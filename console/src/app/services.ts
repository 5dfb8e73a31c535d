import type { ComponentType, LazyExoticComponent } from "react";

/** A page gets the parts of the address that match `:` in its pattern. */
export type Page = ComponentType<{ at: string[] }> | LazyExoticComponent<ComponentType<{ at: string[] }>>;

/** Pages by pattern: `trails/:` is `trails` followed by one part of any text. */
export type Pages = Record<string, Page>;

export interface Service {
  id: string;
  title: string;
  says: string;
  menu: { text: string; path: string[] }[];
  load: () => Promise<{ pages: Pages }>;
}

export const services: Service[] = [
  {
    id: "cloudtrail",
    title: "CloudTrail",
    says: "Trails, their log files, and Event history",
    menu: [
      { text: "Dashboard", path: [] },
      { text: "Event history", path: ["events"] },
      { text: "Trails", path: ["trails"] },
    ],
    load: () => import("../cloudtrail/pages"),
  },
  {
    id: "dynamodb",
    title: "DynamoDB",
    says: "Tables and their items",
    menu: [
      { text: "Tables", path: [] },
      { text: "Explore items", path: ["items"] },
    ],
    load: () => import("../dynamodb/pages"),
  },
  {
    id: "s3",
    title: "S3",
    says: "Buckets and objects; log files open in the page",
    menu: [{ text: "Buckets", path: [] }],
    load: () => import("../s3/pages"),
  },
  {
    id: "cloudformation",
    title: "CloudFormation",
    says: "Stacks, their events, resources and templates; read-only",
    menu: [{ text: "Stacks", path: [] }],
    load: () => import("../cloudformation/pages"),
  },
  {
    id: "logs",
    title: "CloudWatch Logs",
    says: "Log groups and their streams; read-only",
    menu: [{ text: "Log groups", path: [] }],
    load: () => import("../logs/pages"),
  },
];

/** The page of a path, and the parts that match `:` in its pattern; undefined if there is no such page. */
export function found(pages: Pages, path: string[]): { page: Page; at: string[] } | undefined {
  for (const [pattern, page] of Object.entries(pages)) {
    const wanted = pattern.split("/").filter(Boolean);
    const fits = wanted.every((each, place) => each === ":" || each === path[place]);
    if (wanted.length === path.length && fits) {
      return { page, at: path.filter((_, place) => wanted[place] === ":") };
    }
  }
  return undefined;
}
