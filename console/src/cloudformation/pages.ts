import { lazy } from "react";

import type { Pages } from "../app/services";

export const pages: Pages = {
  "": lazy(() => import("./Stacks")),
  "stacks/:": lazy(() => import("./StackPage")),
};
