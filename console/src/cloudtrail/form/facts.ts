import type { Fact } from "../../kit/Facts";
import { EXCLUDABLE, INSIGHTS, RESOURCE_TYPES, TEMPLATES, type Events } from "./selectors";

export function managementFacts(events: Events): Fact[] {
  if (!events.management) return [["Management events", "Not logged"]];
  const activity = [events.read && "Read", events.write && "Write"].filter(Boolean).join(", ");
  return [
    ["API activity", activity],
    ...Object.entries(EXCLUDABLE).map(([source, label]): Fact => [
      label,
      events.excluded.includes(source) ? "Yes" : "No",
    ]),
  ];
}

export function dataFacts(events: Events): Fact[] {
  if (!events.data) return [["Data events", "Not logged"]];
  if (events.basic) {
    return events.resources.map(({ type, read, write, arns }): Fact => [
      `${RESOURCE_TYPES[type] ?? type}: ${[read && "Read", write && "Write"].filter(Boolean).join(", ")}`,
      arns,
    ]);
  }
  return events.selectors.flatMap(({ name, type, template, conditions }): Fact[] => [
    ["Resource type", RESOURCE_TYPES[type] ?? type],
    ["Log selector template", TEMPLATES[template].label],
    ["Selector name", name],
    ...(template === "custom"
      ? conditions.map(({ field, operator, values }): Fact => [`${field} ${operator}`, values.split("\n").join(", ")])
      : []),
  ]);
}

export function insightFacts(events: Events): Fact[] {
  if (!events.insights) return [["Insights events", "Not logged"]];
  return [["Insights types", events.insightTypes.map((each) => INSIGHTS[each] ?? each).join(", ")]];
}

export function eventFacts(events: Events): Fact[] {
  return [...managementFacts(events), ...dataFacts(events), ...insightFacts(events)];
}
