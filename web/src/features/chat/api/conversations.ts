import {
  type InfiniteData,
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";

import { getJson, request, sendJson } from "@/api/client";
import { ApiError } from "@/api/errors";

import type { Conversation, ConversationSummary } from "./types";

interface ConversationPage {
  data: ConversationSummary[];
  has_more: boolean;
}

const PAGE_SIZE = 50;

export const conversationsQuery = infiniteQueryOptions({
  queryKey: ["conversations"],
  queryFn: ({ pageParam, signal }) =>
    getJson<ConversationPage>(
      `/api/conversations?limit=${PAGE_SIZE}${pageParam && `&after=${encodeURIComponent(pageParam)}`}`,
      signal,
    ),
  initialPageParam: "",
  getNextPageParam: (page) => (page.has_more ? page.data.at(-1)?.id : undefined),
});

export function conversationQuery(id: string) {
  return queryOptions({
    queryKey: ["conversation", id],
    queryFn: ({ signal }) =>
      getJson<Conversation>(`/api/conversations/${encodeURIComponent(id)}`, signal),
    retry: (failures, error) => !(error instanceof ApiError) && failures < 2,
  });
}

export function createConversation(): Promise<ConversationSummary> {
  return sendJson("POST", "/api/conversations", {});
}

/** Deletes for good. Sent with keepalive, so that it still arrives when the page is being closed. */
export async function deleteConversation(id: string): Promise<void> {
  await request(`/api/conversations/${encodeURIComponent(id)}`, {
    method: "DELETE",
    keepalive: true,
  });
}

export function useRenameConversation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) =>
      sendJson<ConversationSummary>("PATCH", `/api/conversations/${encodeURIComponent(id)}`, {
        title,
      }),
    onMutate: ({ id, title }) => {
      client.setQueryData<InfiniteData<ConversationPage, string>>(
        conversationsQuery.queryKey,
        (list) =>
          list && {
            ...list,
            pages: list.pages.map((page) => ({
              ...page,
              data: page.data.map((entry) => (entry.id === id ? { ...entry, title } : entry)),
            })),
          },
      );
    },
    onSettled: (_data, _error, { id }) =>
      Promise.all([
        client.invalidateQueries({ queryKey: conversationsQuery.queryKey }),
        client.invalidateQueries({ queryKey: ["conversation", id] }),
      ]),
  });
}
