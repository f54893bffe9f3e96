import { useSyncExternalStore } from "react";

import { readPreference, writePreference } from "./preferences";

export const themes = ["light", "dark", "system"] as const;
export type Theme = (typeof themes)[number];

const listeners = new Set<() => void>();
let chosen: Theme = readPreference("theme", themes, "system");

function prefersDark(): MediaQueryList {
  return window.matchMedia("(prefers-color-scheme: dark)");
}

function apply(): void {
  const dark = chosen === "dark" || (chosen === "system" && prefersDark().matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

/** Follows the system's theme from now on, for as long as the person has not chosen one. */
export function followSystemTheme(): void {
  apply();
  prefersDark().addEventListener("change", apply);
}

export function chooseTheme(theme: Theme): void {
  chosen = theme;
  writePreference("theme", theme);
  apply();
  listeners.forEach((listener) => listener());
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => chosen,
  );
}
