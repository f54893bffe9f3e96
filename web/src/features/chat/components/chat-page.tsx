import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useErrorSentence } from "@/api/errors";
import { systemQuery } from "@/api/system";
import { PageHeader } from "@/components/page-header";
import { Notice } from "@/components/ui/notice";

import { conversationQuery, createConversation } from "../api/conversations";
import type { Question } from "../api/stream-answer";
import type { OpenedSource } from "../lib/opened-source";
import { turns, useTurn } from "../lib/turns";
import { useAsk } from "../lib/use-ask";
import { useDraft } from "../lib/use-draft";
import { Composer } from "./composer";
import { ConversationBody } from "./conversation-body";
import { ModelBanner, ModelChip } from "./model-state";
import { SourceSide } from "./source-side";
import { TurnStatus } from "./turn-status";
import { Welcome } from "./welcome";

/** A conversation, or without an id the place where one begins. */
export function ChatPage({ conversationId }: { conversationId?: string }) {
  const { t } = useTranslation();
  const [draft, setDraft] = useDraft(conversationId);
  const { data: system } = useQuery(systemQuery);
  const { data: conversation } = useQuery({
    ...conversationQuery(conversationId ?? ""),
    enabled: conversationId !== undefined,
  });
  const turn = useTurn(conversationId);
  const isRunning = turn?.phase === "waiting" || turn?.phase === "streaming";
  const { opened, open, close } = useOpenedSource();
  const { send, ask, sendError, isCreating } = useSend(conversationId, setDraft);
  const canAsk = system?.model.status === "ready" && !isRunning && !isCreating;
  const title = conversation?.title ?? t(conversationId ? "conversations.untitled" : "chat.title");

  const stop = useCallback(() => {
    if (conversationId !== undefined) turns.stop(conversationId);
  }, [conversationId]);
  useEscape(isRunning, stop);

  function retry() {
    if (!turn) return;
    const stored = conversation?.messages.slice(turn.messagesBefore) ?? [];
    const answer = stored.find((message) => message.role === "assistant");
    if (answer) void ask({ regenerateMessageId: answer.id }, conversation?.messages.length ?? 0);
    else void ask(turn.question, turn.messagesBefore);
  }

  function edit() {
    if (!turn || conversationId === undefined) return;
    setDraft(turn.question.text ?? "");
    turns.clear(conversationId);
  }

  return (
    <div className="flex h-full min-h-0">
      <title>{`${title} · Caravan`}</title>
      <section className="flex min-w-0 flex-1 flex-col">
        <PageHeader title={title} side={<ModelChip />} />
        {conversationId === undefined ? (
          <Welcome vectorStoreId={system?.default_vector_store_id} onChoose={setDraft} />
        ) : (
          <ConversationBody
            conversationId={conversationId}
            turn={turn}
            canAsk={canAsk}
            onOpen={open}
            onRegenerate={(id) =>
              void ask({ regenerateMessageId: id }, conversation?.messages.length ?? 0)
            }
            onRetry={retry}
            onEdit={edit}
          />
        )}
        <div className="mx-auto flex w-full max-w-3xl flex-col gap-2 px-4 pb-4 sm:px-6">
          <ModelBanner />
          {sendError !== undefined && <SendError error={sendError} />}
          <Composer
            key={conversationId ?? "new"}
            draft={draft}
            onDraftChange={setDraft}
            onSend={(text) => void send(text, conversation?.messages.length ?? 0)}
            onStop={stop}
            isRunning={isRunning}
            canSend={canAsk}
          />
        </div>
        <TurnStatus turn={turn} />
      </section>
      <SourceSide opened={opened} onClose={close} />
    </div>
  );
}

function SendError({ error }: { error: unknown }) {
  const sentence = useErrorSentence();
  return <Notice kind="danger">{sentence(error)}</Notice>;
}

/** Sending: a conversation is made with its first question; a draft goes only once it has a place to go to. */
function useSend(conversationId: string | undefined, setDraft: (draft: string) => void) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const askIn = useAsk();
  const [sendError, setSendError] = useState<unknown>();
  const [isCreating, setCreating] = useState(false);

  function questionIn(id: string, asked: Pick<Question, "text" | "regenerateMessageId">) {
    const system = client.getQueryData(systemQuery.queryKey);
    return {
      ...asked,
      conversationId: id,
      model: system?.model.id ?? "",
      vectorStoreId: system?.default_vector_store_id ?? "",
    };
  }

  async function ask(
    asked: Pick<Question, "text" | "regenerateMessageId">,
    messagesBefore: number,
  ): Promise<void> {
    if (conversationId !== undefined) {
      await askIn(questionIn(conversationId, asked), messagesBefore);
    }
  }

  async function send(text: string, messagesBefore: number): Promise<void> {
    setSendError(undefined);
    if (conversationId !== undefined) {
      setDraft("");
      await ask({ text }, messagesBefore);
      return;
    }
    setCreating(true);
    try {
      const created = await createConversation();
      client.setQueryData(conversationQuery(created.id).queryKey, { ...created, messages: [] });
      setDraft("");
      void askIn(questionIn(created.id, { text }), 0);
      await navigate({ to: "/c/$conversationId", params: { conversationId: created.id } });
    } catch (error) {
      setSendError(error);
    } finally {
      setCreating(false);
    }
  }

  return { send, ask, sendError, isCreating };
}

/** The source that is open beside the chat. Closing gives the focus back to what opened it. */
function useOpenedSource() {
  const [opened, setOpened] = useState<OpenedSource>();
  const opener = useRef<Element | null>(null);

  const open = useCallback((source: OpenedSource) => {
    opener.current = document.activeElement;
    setOpened(source);
  }, []);
  const close = useCallback(() => {
    setOpened(undefined);
    if (opener.current instanceof HTMLElement) opener.current.focus();
  }, []);
  return { opened, open, close };
}

/** Escape stops the answer, unless it closes something or ends a composition first. */
function useEscape(isActive: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!isActive) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) onEscape();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [isActive, onEscape]);
}
