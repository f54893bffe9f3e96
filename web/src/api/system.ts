import { queryOptions } from "@tanstack/react-query";

import { getJson } from "./client";

export type ModelStatus = "loading" | "ready" | "none" | "failed";

/** `GET /api/system`: what this server runs and allows. */
export interface SystemState {
  version: string;
  model: {
    id: string | null;
    status: ModelStatus;
    message: string | null;
    context_tokens: number | null;
  };
  embedding_model: { id: string | null; status: ModelStatus };
  max_upload_bytes: number;
  default_vector_store_id: string;
}

const WHILE_CHANGING_MILLIS = 2_000;
const WHILE_STEADY_MILLIS = 30_000;

export const systemQuery = queryOptions({
  queryKey: ["system"],
  queryFn: ({ signal }) => getJson<SystemState>("/api/system", signal),
  retry: false,
  refetchInterval: ({ state }) =>
    state.status === "success" && state.data?.model.status === "ready"
      ? WHILE_STEADY_MILLIS
      : WHILE_CHANGING_MILLIS,
});
