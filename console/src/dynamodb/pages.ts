import type { Pages } from "../app/services";
export const pages: Pages = {};
