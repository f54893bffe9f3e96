import type { Annotation, DocumentPlace, Source } from "../api/types";

/** What the source panel shows: a place in a document, and the words kept from it. */
export interface OpenedSource extends DocumentPlace {
  index: number;
  kind: "quote" | "passage";
  text: string;
}

export function openedCitation(annotation: Annotation): OpenedSource {
  return { ...annotation, kind: "quote", text: annotation.quote };
}

export function openedPassage(source: Source): OpenedSource {
  return { ...source, kind: "passage" };
}
