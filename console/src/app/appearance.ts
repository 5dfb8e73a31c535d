import { applyMode, Mode } from "@cloudscape-design/global-styles";

import { Store } from "./store";

const KEY = "appearance";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** "light", "dark", or "" for the browser's own. */
export const appearance = new Store(localStorage.getItem(KEY) ?? "");

function apply(): void {
  const isDark = appearance.get() ? appearance.get() === "dark" : dark.matches;
  applyMode(isDark ? Mode.Dark : Mode.Light);
}

export function followAppearance(): void {
  dark.addEventListener("change", apply);
  apply();
}

export function choose(wanted: string): void {
  localStorage.setItem(KEY, wanted);
  appearance.set(wanted);
  apply();
}
