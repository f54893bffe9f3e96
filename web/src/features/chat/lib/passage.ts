import type { DocumentWindow } from "../api/document-text";
import type { OpenedSource } from "./opened-source";

/** A stretch of the window's text: to be highlighted or not, and the page that begins with it. */
export interface PassagePiece {
  start: number;
  text: string;
  highlighted: boolean;
  page: number | null;
}

export interface Span {
  start: number;
  end: number;
}

/**
 * Where in the window's text the opened words stand, or undefined if that is not certain: a wrong sentence is never
 * highlighted. The stored place counts if the words are there; otherwise the words count if they occur just once.
 */
export function placeInWindow(window: DocumentWindow, opened: OpenedSource): Span | undefined {
  const start = opened.document_start - window.offset;
  const end = opened.document_end - window.offset;
  if (start >= 0 && end <= window.text.length && start < end) {
    const found = window.text.slice(start, end);
    if (found === opened.text) return { start, end };
    if (opened.kind === "passage" && withoutSpaces(found) === withoutSpaces(opened.text)) {
      return { start, end };
    }
  }
  const only = window.text.indexOf(opened.text);
  if (opened.text === "" || only < 0 || only !== window.text.lastIndexOf(opened.text)) {
    return undefined;
  }
  return { start: only, end: only + opened.text.length };
}

function withoutSpaces(text: string): string {
  return text.replace(/\s+/g, "");
}

/** Cuts the window's text at page starts and at the span's ends. */
export function passagePieces(window: DocumentWindow, span: Span | undefined): PassagePiece[] {
  const pages = new Map<number, number>();
  for (const anchor of window.anchors) {
    const start = Math.max(0, anchor.start - window.offset);
    const visible = start < window.text.length && anchor.end > window.offset;
    if (anchor.page !== null && visible && ![...pages.values()].includes(anchor.page)) {
      pages.set(start, anchor.page);
    }
  }
  const cuts = [0, ...pages.keys(), ...(span ? [span.start, span.end] : []), window.text.length];
  const ordered = [...new Set(cuts)].sort((a, b) => a - b);
  return ordered.slice(0, -1).map((start, index) => ({
    start,
    text: window.text.slice(start, ordered[index + 1]),
    highlighted: span !== undefined && start >= span.start && start < span.end,
    page: pages.get(start) ?? null,
  }));
}
