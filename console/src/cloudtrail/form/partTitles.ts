/** The parts of a trail that are edited one by one, as AWS's console has them. */
export const PART_TITLES = {
  general: "General details",
  logs: "CloudWatch Logs",
  tags: "Tags",
  management: "Management events",
  data: "Data events",
  insights: "Insights events",
};

export type PartName = keyof typeof PART_TITLES;
