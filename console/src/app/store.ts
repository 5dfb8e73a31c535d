import { useSyncExternalStore } from "react";

/** A value outside React that its pages follow. */
export class Store<Value> {
  private followers = new Set<() => void>();

  constructor(private value: Value) {}

  get = (): Value => this.value;

  set(value: Value): void {
    this.value = value;
    for (const each of this.followers) each();
  }

  private follow = (follower: () => void) => {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  };

  use = (): Value => useSyncExternalStore(this.follow, this.get);
}
