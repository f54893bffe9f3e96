import { describe, expect, it } from "vitest";

import type { DocumentWindow } from "../api/document-text";
import type { OpenedSource } from "./opened-source";
import { passagePieces, placeInWindow } from "./passage";

const TEXT = "첫 문장이다. 둘째 문장이다. 첫 문장이다. 끝.";

function windowOf(text: string, offset = 100, anchors: DocumentWindow["anchors"] = []) {
  return { document_hash: "h", filename: "f", text, offset, length: 1000, anchors };
}

function opened(text: string, start: number, kind: OpenedSource["kind"] = "quote"): OpenedSource {
  return {
    kind,
    text,
    index: 1,
    file_id: "file-1",
    filename: "f",
    document_hash: "h",
    document_start: start,
    document_end: start + text.length,
  };
}

describe("placeInWindow", () => {
  it("takes the stored place when the words are there", () => {
    expect(placeInWindow(windowOf(TEXT), opened("첫 문장이다.", 117))).toEqual({
      start: 17,
      end: 24,
    });
  });

  it("finds words that moved, if they occur just once", () => {
    expect(placeInWindow(windowOf(TEXT), opened("둘째 문장이다.", 130))).toEqual({
      start: 8,
      end: 16,
    });
  });

  it("highlights nothing when it is not certain", () => {
    expect(placeInWindow(windowOf(TEXT), opened("첫 문장이다.", 103))).toBeUndefined();
    expect(placeInWindow(windowOf(TEXT), opened("없는 문장", 100))).toBeUndefined();
    expect(placeInWindow(windowOf(TEXT), opened("", 100))).toBeUndefined();
  });

  it("lets a passage differ in its spaces, a quote not", () => {
    const window = windowOf("가 나\n다", 0);
    expect(placeInWindow(window, opened("가 나 다", 0, "passage"))).toEqual({ start: 0, end: 5 });
    expect(placeInWindow(window, opened("가 나 다", 0))).toBeUndefined();
  });
});

describe("passagePieces", () => {
  it("cuts at pages and at the span, and loses no text", () => {
    const anchors = [
      { start: 0, end: 108, page: 1, paragraph: null },
      { start: 108, end: 200, page: 2, paragraph: null },
      { start: 400, end: 500, page: 3, paragraph: null },
    ];
    const pieces = passagePieces(windowOf(TEXT, 100, anchors), { start: 4, end: 16 });
    expect(pieces.map(({ text }) => text).join("")).toBe(TEXT);
    expect(pieces.map(({ page }) => page)).toEqual([1, null, 2, null]);
    expect(pieces.map(({ highlighted }) => highlighted)).toEqual([false, true, true, false]);
  });

  it("shows paragraphs without page lines", () => {
    const anchors = [{ start: 100, end: 105, page: null, paragraph: 4 }];
    expect(passagePieces(windowOf(TEXT, 100, anchors), undefined)).toEqual([
      { start: 0, text: TEXT, highlighted: false, page: null },
    ]);
  });
});
