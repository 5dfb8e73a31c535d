import { lazy } from "react";

import type { Pages } from "../app/pages";

const Explore = lazy(() => import("./Explore"));

export const pages: Pages = {
  "": lazy(() => import("./TableList")),
  "tables/create": lazy(() => import("./CreateTable")),
  "tables/:": lazy(() => import("./TablePage")),
  "tables/:/capacity": lazy(() => import("./EditCapacity")),
  items: Explore,
  "items/:": Explore,
  "items/:/:": lazy(() => import("./ItemPage")),
};
