import { lazy } from "react";

import type { Pages } from "../app/pages";

export const pages: Pages = {
  "": lazy(() => import("./StackList")),
  "stacks/:": lazy(() => import("./StackPage")),
};
