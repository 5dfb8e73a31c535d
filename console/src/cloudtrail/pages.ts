import { lazy } from "react";

import type { Pages } from "../app/pages";

export const pages: Pages = {
  "": lazy(() => import("./Dashboard")),
  trails: lazy(() => import("./TrailList")),
  "trails/create": lazy(() => import("./form/CreateTrail")),
  "trails/:": lazy(() => import("./TrailPage")),
  "trails/:/:": lazy(() => import("./form/EditTrail")),
  events: lazy(() => import("./EventHistory")),
  "events/:": lazy(() => import("./EventPage")),
};
