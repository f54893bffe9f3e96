import { describe, expect, it } from "vitest";

import { ApiError, InterruptedError, NetworkError } from "@/api/errors";
import { completionStream, errorResponse, fakeServer, streamOf } from "@/testing/fake-server";

import { type Question, streamAnswer } from "./stream-answer";

const PATH = "/v1/chat/completions";
const question: Question = {
  conversationId: "conv_1",
  model: "m",
  vectorStoreId: "vs_1",
  text: "질문",
};

async function answer(asked: Question = question) {
  let content = "";
  for await (const delta of streamAnswer(asked, new AbortController().signal)) {
    content += delta.content ?? "";
  }
  return content;
}

describe("streamAnswer", () => {
  it("asks in OpenAI's shape with the two extensions", async () => {
    const server = fakeServer({ [`POST ${PATH}`]: () => completionStream([{ content: "답" }]) });
    expect(await answer()).toBe("답");
    expect(await server.bodyOf("POST", PATH)).toEqual({
      model: "m",
      stream: true,
      messages: [{ role: "user", content: "질문" }],
      conversation: { id: "conv_1" },
      file_search: { vector_store_ids: ["vs_1"], max_num_results: 5 },
    });
  });

  it("asks again for the same question without a message", async () => {
    const server = fakeServer({ [`POST ${PATH}`]: () => completionStream([]) });
    await answer({
      conversationId: "conv_1",
      model: "m",
      vectorStoreId: "vs_1",
      regenerateMessageId: "msg_1",
    });
    expect(await server.bodyOf("POST", PATH)).toMatchObject({
      messages: [],
      conversation: { id: "conv_1", regenerate_message_id: "msg_1" },
    });
  });

  it("throws the server's reason for a refusal", async () => {
    fakeServer({ [`POST ${PATH}`]: () => errorResponse(503, "model_not_ready") });
    await expect(answer()).rejects.toMatchObject({ status: 503, code: "model_not_ready" });
  });

  it("throws the server's reason that comes as an event", async () => {
    const event = `data: ${JSON.stringify({ error: { message: "x", code: "internal_error" } })}\n\n`;
    fakeServer({ [`POST ${PATH}`]: () => new Response(streamOf([event])) });
    await expect(answer()).rejects.toBeInstanceOf(ApiError);
  });

  it("throws when the stream ends before the answer has", async () => {
    fakeServer({ [`POST ${PATH}`]: () => completionStream([{ content: "반" }], false) });
    await expect(answer()).rejects.toBeInstanceOf(InterruptedError);
  });

  it("throws when no server answers", async () => {
    fakeServer({
      [`POST ${PATH}`]: () => {
        throw new TypeError("Failed to fetch");
      },
    });
    await expect(answer()).rejects.toBeInstanceOf(NetworkError);
  });
});
