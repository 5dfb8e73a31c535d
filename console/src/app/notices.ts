import { Store } from "./store";

export interface Notice {
  id: number;
  type: "success" | "error" | "info" | "warning" | "in-progress";
  content: string;
}

/** A message at the top of the page, until it is closed. */
export const notices = new Store<Notice[]>([]);
let last = 0;

/** Show a message. The function that is returned replaces the message, or removes it if called without one. */
export function tell(type: Notice["type"], content: string) {
  const id = ++last;
  notices.set([{ id, type, content }, ...notices.get()].slice(0, 5));
  return (next?: Notice["type"], text = ""): void => {
    const others = notices.get().filter((each) => each.id !== id);
    notices.set(next ? [{ id, type: next, content: text }, ...others] : others);
  };
}

/** A notice stays until the second change of page; the notice of work in progress stays until it ends. */
const read = new Set<number>();

addEventListener("hashchange", () => {
  const left = notices.get().filter(({ id, type }) => type === "in-progress" || !read.has(id));
  for (const { id } of left) read.add(id);
  notices.set(left);
});

export function dismiss(id: number): void {
  notices.set(notices.get().filter((each) => each.id !== id));
}
