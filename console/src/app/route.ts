import { useSyncExternalStore } from "react";

/** Where the reader is: `#/cloudtrail/trails/x` is `["cloudtrail", "trails", "x"]`. */
export function useRoute(): string[] {
  const hash = useSyncExternalStore(follow, () => location.hash);
  return parts(hash);
}

function follow(follower: () => void): () => void {
  addEventListener("hashchange", follower);
  return () => removeEventListener("hashchange", follower);
}

export function parts(hash: string): string[] {
  return hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
}

/** The link to a page. Each part may hold anything, such as an ARN or an object's key. */
export function to(...where: string[]): string {
  return `#/${where.map(encodeURIComponent).join("/")}`;
}

export function go(href: string): void {
  location.hash = href;
}
