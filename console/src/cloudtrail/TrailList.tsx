import { to } from "../app/route";
import { Listing } from "../kit/Listing";
import { trailColumns } from "./trailColumns";
import { deleteTrail, shownTrails } from "./trails";

export default function Trails() {
  return (
    <Listing
      title="Trails"
      variant="full-page"
      id={({ TrailARN = "" }) => TrailARN}
      columns={trailColumns}
      load={async () => ({ items: await shownTrails() })}
      actions={() => [
        deleteTrail,
        { label: "Create trail", primary: true, href: () => to("cloudtrail", "trails", "create") },
      ]}
      empty="No trails. A trail delivers the events it selects to a bucket."
    />
  );
}
