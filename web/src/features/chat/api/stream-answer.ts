import { parseError, request } from "@/api/client";
import { readServerSentEvents } from "@/lib/server-sent-events";
import { ApiError, InterruptedError, isAbort } from "@/api/errors";

import type { Annotation, Source } from "./types";

export interface Question {
  conversationId: string;
  model: string;
  vectorStoreId: string;
  /** Absent when an answer is asked for again. */
  text?: string;
  regenerateMessageId?: string;
}

/** A piece of an answer as it arrives. */
export interface AnswerDelta {
  content?: string | null;
  annotations?: Annotation[] | null;
  sources?: Source[] | null;
  message_id?: string | null;
}

interface CompletionChunk {
  error?: unknown;
  choices?: { delta?: AnswerDelta; finish_reason?: string | null }[];
}

const MAX_RETRIEVED_PASSAGES = 5;

/**
 * Asks and yields the answer's pieces. Aborting the signal closes the connection, which stops the engine.
 *
 * @throws ApiError with the server's reason, NetworkError without a connection, InterruptedError when the stream
 *   ends before the server has said that the answer is finished
 */
export async function* streamAnswer(
  question: Question,
  signal: AbortSignal,
): AsyncGenerator<AnswerDelta, void, undefined> {
  const response = await request("/v1/chat/completions", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify(requestBody(question)),
    signal,
  });
  if (!response.body) throw new InterruptedError();
  let finished = false;
  try {
    for await (const { data } of readServerSentEvents(response.body)) {
      if (data === "[DONE]") return;
      const chunk = parseChunk(data);
      for (const choice of chunk.choices ?? []) {
        if (choice.delta) yield choice.delta;
        finished ||= Boolean(choice.finish_reason);
      }
    }
  } catch (error) {
    if (isAbort(error) || error instanceof ApiError) throw error;
    throw new InterruptedError(error);
  }
  if (!finished) throw new InterruptedError();
}

function requestBody({
  conversationId,
  model,
  vectorStoreId,
  text,
  regenerateMessageId,
}: Question) {
  return {
    model,
    stream: true,
    messages: text === undefined ? [] : [{ role: "user", content: text }],
    conversation: {
      id: conversationId,
      ...(regenerateMessageId ? { regenerate_message_id: regenerateMessageId } : {}),
    },
    file_search: { vector_store_ids: [vectorStoreId], max_num_results: MAX_RETRIEVED_PASSAGES },
  };
}

function parseChunk(data: string): CompletionChunk {
  const chunk = JSON.parse(data) as CompletionChunk;
  // After the stream has begun the status is 200 already, so an error comes as an event.
  if (chunk.error) throw parseError(200, data);
  return chunk;
}
