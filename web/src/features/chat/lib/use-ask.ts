import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { conversationQuery, conversationsQuery } from "../api/conversations";
import type { Question } from "../api/stream-answer";
import type { Conversation } from "../api/types";
import { type Turn, turns } from "./turns";

/** After a stop the server needs a moment to store what was written. */
const SETTLE_TRIES = 12;
const SETTLE_PAUSE_MILLIS = 250;

/** Asks, and when the answer has ended replaces the page's own copy of it by what the server has stored. */
export function useAsk() {
  const client = useQueryClient();
  return useCallback(
    async (question: Question, messagesBefore: number) => {
      const stored = client.getQueryData(conversationQuery(question.conversationId).queryKey);
      const versionsBefore = versionCount(stored, question.regenerateMessageId);
      const turn = await turns.start(question, messagesBefore);
      if (!turn) return;
      await settle(client, turn, versionsBefore);
      await client.invalidateQueries({ queryKey: conversationsQuery.queryKey });
    },
    [client],
  );
}

async function settle(client: QueryClient, turn: Turn, versionsBefore: number): Promise<void> {
  const id = turn.question.conversationId;
  for (let attempt = 0; attempt < SETTLE_TRIES; attempt++) {
    const stored = await client
      .query({ ...conversationQuery(id), staleTime: 0 })
      .catch(() => undefined);
    // Another turn has begun meanwhile, or this one failed: then it stays, for its reason is not stored.
    if (turns.get(id) !== turn || turn.phase === "failed") return;
    if (stored && isStored(stored, turn, versionsBefore)) {
      turns.clear(id);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MILLIS));
  }
}

function isStored(stored: Conversation, turn: Turn, versionsBefore: number): boolean {
  const answer = stored.messages.at(-1);
  if (answer?.role !== "assistant" || answer.versions.at(-1)?.status === "streaming") return false;
  const regenerated = turn.question.regenerateMessageId;
  return regenerated
    ? versionCount(stored, regenerated) > versionsBefore
    : stored.messages.length > turn.messagesBefore;
}

function versionCount(stored: Conversation | undefined, messageId: string | undefined): number {
  return stored?.messages.find(({ id }) => id === messageId)?.versions.length ?? 0;
}
