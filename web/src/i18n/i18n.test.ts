import { describe, expect, it } from "vitest";

import { en } from "./en";
import { ko } from "./ko";

function flatten(texts: object, prefix = ""): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(texts) as [string, string | object][]) {
    if (typeof value === "string") flat.set(prefix + key, value);
    else flatten(value, `${prefix}${key}.`).forEach((text, inner) => flat.set(inner, text));
  }
  return flat;
}

const placeholders = (text = "") =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe("the page's texts", () => {
  const korean = flatten(ko);
  const english = flatten(en);

  it("exist in both languages", () => {
    expect([...english.keys()]).toEqual([...korean.keys()]);
    for (const [key, text] of [...korean, ...english]) expect(text, key).not.toBe("");
  });

  it("fill in the same values in both languages", () => {
    for (const [key, text] of korean) {
      expect(placeholders(english.get(key)), key).toEqual(placeholders(text));
    }
  });

  it("hold no Korean in English", () => {
    for (const [key, text] of english) expect(text, key).not.toMatch(/\p{Script=Hangul}/u);
  });
});
