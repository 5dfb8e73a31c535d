import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";

import { to } from "../app/route";
import { Listing } from "../kit/Listing";
import { eventColumns, lookUp } from "./events";
import { describedTrails, type Shown } from "./trails";
import { trailColumns } from "./trailColumns";

const SHOWN = ["Name", "Home region", "Organization trail", "Status"];
const columns = trailColumns.filter(({ header }) => SHOWN.includes(header));

export default function Dashboard() {
  return (
    <SpaceBetween size="l">
      <Listing<Shown>
        title="Trails"
        variant="full-page"
        description="What CloudTrail delivers, and what it has recorded recently."
        id={({ TrailARN = "" }) => TrailARN}
        columns={columns}
        load={async () => ({ items: await describedTrails() })}
        actions={() => [{ label: "Create trail", primary: true, href: () => to("cloudtrail", "trails", "create") }]}
        empty="No trails."
      />
      <Listing
        title="Latest events"
        variant="container"
        description={<Button variant="inline-link" href={to("cloudtrail", "events")}>View the full Event history</Button>}
        id={({ EventId = "" }) => EventId}
        columns={eventColumns}
        load={async () => ({ items: (await lookUp({ MaxResults: 5 })).Events ?? [] })}
        empty="No events yet."
      />
    </SpaceBetween>
  );
}
