import { queryOptions } from "@tanstack/react-query";

import { getJson } from "./client";

export type IngestionStage = "parsing" | "splitting" | "embedding" | "storing";

/** A file of a vector store: OpenAI's object with the server's extras. */
export interface StoredDocument {
  id: string;
  filename: string;
  bytes: number;
  created_at: number;
  status: "in_progress" | "completed" | "failed" | "cancelled";
  stage: IngestionStage | null;
  /** Of the current stage, 0 to 1. */
  progress: number | null;
  last_error: { code: string; message: string } | null;
}

interface Page<T> {
  data: T[];
  has_more: boolean;
  last_id?: string | null;
}

const PAGE_SIZE = 100;
/** A bound, not a limit anybody should meet: 10,000 documents. */
const MAX_PAGES = 100;
const WHILE_IN_PROGRESS_MILLIS = 1_000;

async function listDocuments(vectorStoreId: string, signal: AbortSignal) {
  const documents: StoredDocument[] = [];
  let after = "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const { data, has_more } = await getJson<Page<StoredDocument>>(
      `/v1/vector_stores/${vectorStoreId}/files?order=desc&limit=${PAGE_SIZE}${after}`,
      signal,
    );
    documents.push(...data);
    const last = data.at(-1);
    if (!has_more || !last) break;
    after = `&after=${encodeURIComponent(last.id)}`;
  }
  return documents;
}

/** All documents of a vector store, newest first; asked again every second while one is being read. */
export function documentsQuery(vectorStoreId: string) {
  return queryOptions({
    queryKey: ["documents", vectorStoreId],
    queryFn: ({ signal }) => listDocuments(vectorStoreId, signal),
    refetchInterval: ({ state }) =>
      state.data?.some((document) => document.status === "in_progress")
        ? WHILE_IN_PROGRESS_MILLIS
        : false,
  });
}
