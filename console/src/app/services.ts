import type { Pages } from "./pages";

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
