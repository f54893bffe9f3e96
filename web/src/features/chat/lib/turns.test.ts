import { describe, expect, it } from "vitest";

import { ApiError } from "@/api/errors";

import type { AnswerDelta, Question } from "../api/stream-answer";
import { Turns } from "./turns";

const question: Question = { conversationId: "c", model: "m", vectorStoreId: "v", text: "질문" };

/** A stream that gives the deltas, then waits for its abort like an engine that goes on writing. */
async function* endless(deltas: AnswerDelta[], signal: AbortSignal) {
  yield* deltas;
  await new Promise((_, reject) => {
    const abort = () => reject(new DOMException("aborted", "AbortError"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}

async function* finite(deltas: AnswerDelta[]) {
  await Promise.resolve();
  yield* deltas;
}

describe("Turns", () => {
  it("collects an answer with its citations", async () => {
    const sources = [{ index: 1 }] as AnswerDelta["sources"];
    const turns = new Turns(() =>
      finite([{ content: "안" }, { content: "녕" }, { sources: sources ?? null }]),
    );
    const turn = await turns.start(question, 2);
    expect(turn).toMatchObject({ phase: "completed", content: "안녕", sources, messagesBefore: 2 });
    turns.clear("c");
    expect(turns.get("c")).toBeUndefined();
  });

  it("keeps what was written when it is stopped, and closes the connection", async () => {
    let signalled: AbortSignal | undefined;
    const turns = new Turns((_, signal) => {
      signalled = signal;
      return endless([{ content: "반쯤" }], signal);
    });
    const ended = turns.start(question, 0);
    await Promise.resolve();
    expect(turns.isRunning("c")).toBe(true);
    await new Promise((resolve) => setTimeout(resolve));
    turns.stop("c");
    expect(await ended).toMatchObject({ phase: "stopped", content: "반쯤" });
    expect(signalled?.aborted).toBe(true);
  });

  it("runs only one turn in a conversation", async () => {
    const turns = new Turns((_, signal) => endless([], signal));
    const first = turns.start(question, 0);
    expect(await turns.start(question, 0)).toBeUndefined();
    turns.clear("c");
    expect(turns.get("c")?.phase).toBe("waiting");
    turns.stop("c");
    await first;
  });

  it("keeps the reason of a failure and what had arrived", async () => {
    const reason = new ApiError(429, "queue_full", "");
    const turns = new Turns(async function* () {
      await Promise.resolve();
      yield { content: "앞부분" };
      throw reason;
    });
    expect(await turns.start(question, 0)).toMatchObject({
      phase: "failed",
      content: "앞부분",
      error: reason,
    });
  });
});
