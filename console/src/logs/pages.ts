import { lazy } from "react";

import type { Pages } from "../app/pages";

export const pages: Pages = {
  "": lazy(() => import("./GroupList")),
  "groups/:": lazy(() => import("./Streams")),
  "groups/:/:": lazy(() => import("./Events")),
};
