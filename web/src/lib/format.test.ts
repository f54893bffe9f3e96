import { describe, expect, it } from "vitest";

import { formatBytes, periodOf } from "./format";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1023, "1,023 B"],
    [1536, "1.5 KB"],
    [104_857_600, "100 MB"],
    [5 * 1024 ** 4, "5,120 GB"],
  ])("shows %d bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes, "ko")).toBe(text);
  });
});

describe("periodOf", () => {
  const now = new Date(2026, 10, 23, 0, 30);
  it.each([
    [new Date(2026, 10, 23, 0, 10), "today"],
    [new Date(2026, 10, 22, 23, 50), "yesterday"],
    [new Date(2026, 10, 22, 0, 0), "yesterday"],
    [new Date(2026, 10, 16, 12, 0), "week"],
    [new Date(2026, 10, 15, 12, 0), "older"],
  ] as const)("puts %s into %s", (date, period) => {
    expect(periodOf(date.getTime() / 1000, now)).toBe(period);
    expect(periodOf(date.toISOString(), now)).toBe(period);
  });
});
