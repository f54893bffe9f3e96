const UNITS = ["B", "KB", "MB", "GB"] as const;

/** "12.3 MB": powers of 1024 under their common names, as file managers on Windows show them. */
export function formatBytes(bytes: number, language: string): string {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  return `${number} ${UNITS[power] ?? "B"}`;
}

/** The wire's times are Unix seconds, as OpenAI's are; an ISO string is understood too. */
export function toDate(time: number | string): Date {
  return new Date(typeof time === "number" ? time * 1000 : time);
}

export function formatDateTime(time: number | string, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(
    toDate(time),
  );
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
