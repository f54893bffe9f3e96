const ALLOWED = new Set(["http:", "https:", "mailto:"]);

/** The address if a person may follow it from an answer, else "": no script, no file, nothing relative to this page. */
export function safeAddress(address: string): string {
  try {
    return ALLOWED.has(new URL(address).protocol) ? address : "";
  } catch {
    return "";
  }
}
