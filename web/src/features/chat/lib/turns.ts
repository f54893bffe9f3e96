import { useSyncExternalStore } from "react";

import { isAbort } from "@/api/errors";

import { type AnswerDelta, type Question, streamAnswer } from "../api/stream-answer";
import type { Annotation, Source } from "../api/types";

export type TurnPhase = "waiting" | "streaming" | "completed" | "stopped" | "failed";

/** A question being answered in this page: what the server's stored conversation does not show yet. */
export interface Turn {
  question: Question;
  /** How many stored messages came before it; those after are this turn's own, seen early. */
  messagesBefore: number;
  phase: TurnPhase;
  content: string;
  annotations: Annotation[];
  sources: Source[];
  error: unknown;
}

type Stream = (question: Question, signal: AbortSignal) => AsyncIterable<AnswerDelta>;

/** Screens are drawn at most this often while tokens arrive. */
const REDRAW_MILLIS = 40;

/**
 * Turns by conversation, outside of React: an answer goes on arriving while another page is looked at. At most one
 * turn runs in a conversation.
 */
export class Turns {
  private readonly turns = new Map<string, Turn>();
  private readonly aborts = new Map<string, AbortController>();
  private readonly listeners = new Set<() => void>();
  private readonly stream: Stream;
  private redraw: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: Stream = streamAnswer) {
    this.stream = stream;
  }

  get(conversationId: string): Turn | undefined {
    return this.turns.get(conversationId);
  }

  isRunning(conversationId: string): boolean {
    return this.aborts.has(conversationId);
  }

  /** Resolves when the answer has ended, in whatever way; the turn's phase tells which. */
  async start(question: Question, messagesBefore: number): Promise<Turn | undefined> {
    const id = question.conversationId;
    if (this.isRunning(id)) return undefined;
    const abort = new AbortController();
    this.aborts.set(id, abort);
    const turn: Turn = {
      question,
      messagesBefore,
      phase: "waiting",
      content: "",
      annotations: [],
      sources: [],
      error: undefined,
    };
    this.put(turn);
    try {
      for await (const delta of this.stream(question, abort.signal)) this.receive(id, delta);
      this.finish(id, abort.signal.aborted ? "stopped" : "completed");
    } catch (error) {
      if (abort.signal.aborted || isAbort(error)) this.finish(id, "stopped");
      else this.finish(id, "failed", error);
    }
    return this.get(id);
  }

  /** Closes the connection: the server stops the engine, and what was written stays. */
  stop(conversationId: string): void {
    this.aborts.get(conversationId)?.abort();
  }

  /** Forgets a finished turn, once the stored conversation shows it. */
  clear(conversationId: string): void {
    if (this.isRunning(conversationId)) return;
    this.turns.delete(conversationId);
    this.notify();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private receive(id: string, delta: AnswerDelta): void {
    const turn = this.turns.get(id);
    if (!turn) return;
    this.turns.set(id, {
      ...turn,
      phase: "streaming",
      content: turn.content + (delta.content ?? ""),
      annotations: delta.annotations ?? turn.annotations,
      sources: delta.sources ?? turn.sources,
    });
    this.redraw ??= setTimeout(() => this.notify(), REDRAW_MILLIS);
  }

  private finish(id: string, phase: TurnPhase, error?: unknown): void {
    this.aborts.delete(id);
    const turn = this.turns.get(id);
    if (turn) this.put({ ...turn, phase, error });
  }

  private put(turn: Turn): void {
    this.turns.set(turn.question.conversationId, turn);
    this.notify();
  }

  private notify(): void {
    clearTimeout(this.redraw);
    this.redraw = undefined;
    this.listeners.forEach((listener) => listener());
  }
}

export const turns = new Turns();

export function useTurn(conversationId: string | undefined): Turn | undefined {
  return useSyncExternalStore(turns.subscribe, () =>
    conversationId === undefined ? undefined : turns.get(conversationId),
  );
}
