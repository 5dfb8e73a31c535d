import { lazy } from "react";

import type { Pages } from "../app/services";

export const pages: Pages = {
  "": lazy(() => import("./Dashboard")),
  trails: lazy(() => import("./Trails")),
  "trails/create": lazy(() => import("./CreateTrail")),
  "trails/:": lazy(() => import("./TrailPage")),
  "trails/:/:": lazy(() => import("./EditTrail")),
  events: lazy(() => import("./EventHistory")),
  "events/:": lazy(() => import("./EventPage")),
};
