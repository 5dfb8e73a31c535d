import type { ComponentType, LazyExoticComponent } from "react";

/** A page gets the parts of the address that match `:` in its pattern. */
export type Page = ComponentType<{ at: string[] }> | LazyExoticComponent<ComponentType<{ at: string[] }>>;

/** Pages by pattern: `trails/:` is `trails` followed by one part of any text. */
export type Pages = Record<string, Page>;

/** The page of a path, and the parts that match `:` in its pattern; undefined if there is no such page. */
export function found(pages: Pages, path: string[]): { page: Page; at: string[] } | undefined {
  for (const [pattern, page] of Object.entries(pages)) {
    const wanted = pattern.split("/").filter(Boolean);
    const fits = wanted.every((each, place) => each === ":" || each === path[place]);
    if (wanted.length === path.length && fits) {
      return { page, at: path.filter((_, place) => wanted[place] === ":") };
    }
  }
  return undefined;
}
