type Preference = "language" | "theme";

/** A choice kept in this browser, or the fallback when none was made or storage is closed to us. */
export function readPreference<T extends string>(
  name: Preference,
  allowed: readonly T[],
  fallback: T,
): T {
  try {
    const stored = localStorage.getItem(`caravan.${name}`);
    return allowed.find((value) => value === stored) ?? fallback;
  } catch {
    return fallback;
  }
}

export function writePreference(name: Preference, value: string): void {
  try {
    localStorage.setItem(`caravan.${name}`, value);
  } catch {
    // Private windows may refuse storage: the choice then lasts as long as the page.
  }
}
