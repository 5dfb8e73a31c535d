import { lazy } from "react";

import type { Pages } from "../app/pages";

const BucketPage = lazy(() => import("./BucketPage"));

export const pages: Pages = {
  "": lazy(() => import("./BucketList")),
  "buckets/create": lazy(() => import("./CreateBucket")),
  "buckets/:": BucketPage,
  "buckets/:/:": BucketPage,
  "objects/:/:": lazy(() => import("./ObjectPage")),
  "open/:/:": lazy(() => import("./OpenPage")),
  "permissions/:": lazy(() => import("./Permissions")),
};
