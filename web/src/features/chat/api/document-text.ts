import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { getJson } from "@/api/client";
import { ApiError } from "@/api/errors";

import type { DocumentPlace } from "./types";

/** A piece of a document's text; all numbers are UTF-16 code units of the whole text. */
export interface DocumentWindow {
  document_hash: string;
  filename: string;
  text: string;
  /** Where the piece begins. */
  offset: number;
  /** Of the whole text. */
  length: number;
  anchors: { start: number; end: number; page: number | null; paragraph: number | null }[];
}

export function documentWindowQuery(place: DocumentPlace, contextCharacters: number) {
  const { document_hash: hash, document_start: start, document_end: end } = place;
  return queryOptions({
    queryKey: ["document-text", hash, start, end, contextCharacters],
    queryFn: ({ signal }) =>
      getJson<DocumentWindow>(
        `/api/documents/${encodeURIComponent(hash)}/text?start=${start}&end=${end}&context=${contextCharacters}`,
        signal,
      ),
    retry: (failures, error) => !(error instanceof ApiError) && failures < 1,
    // While a wider piece is on its way the narrower one stays, but never a piece of another document or place.
    placeholderData: (previous, query) =>
      query?.queryKey[1] === hash && query.queryKey[2] === start && query.queryKey[3] === end
        ? keepPreviousData(previous)
        : undefined,
  });
}
