/** "12.3 MB" in the language's own digits grouping; sizes are decimal, as file managers show them. */
export function formatBytes(bytes: number, language: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: units[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}

/** The wire's times are Unix seconds, as OpenAI's are; an ISO string is understood too. */
export function toDate(time: number | string): Date {
  return new Date(typeof time === "number" ? time * 1000 : time);
}

export function formatDateTime(time: number | string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  }).format(toDate(time));
}

export type Period = "today" | "yesterday" | "week" | "older";

/** In which group of the conversation list a time falls, by local calendar days. */
export function periodOf(time: number | string, now: Date): Period {
  const startOfToday = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const date = toDate(time);
  const days = Math.ceil((startOfToday.getTime() - date.getTime()) / 86_400_000);
  if (days <= 0) return "today";
  if (days === 1) return "yesterday";
  return days <= 7 ? "week" : "older";
}
