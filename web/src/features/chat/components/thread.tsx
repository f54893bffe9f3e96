import { ArrowDown } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "@/components/ui/button";

import type { Message } from "../api/types";
import type { OpenedSource } from "../lib/opened-source";
import type { Turn } from "../lib/turns";
import { useStickToBottom } from "../lib/use-stick-to-bottom";
import { LiveAnswer } from "./live-answer";
import { StoredAnswer } from "./stored-answer";
import { UserMessage } from "./user-message";

interface ThreadProps {
  messages: readonly Message[];
  turn: Turn | undefined;
  canAsk: boolean;
  onOpen: (opened: OpenedSource) => void;
  onRegenerate: (messageId: string) => void;
  onRetry: () => void;
  onEdit: () => void;
}

/** The messages of a conversation, and the turn that is under way at their end. */
export function Thread(props: ThreadProps) {
  const { messages, turn, canAsk, onOpen, onRegenerate, onRetry, onEdit } = props;
  const { t } = useTranslation();
  const { scroller, content, onScroll, isAway, scrollToEnd } = useStickToBottom();
  const stored = turn ? messages.slice(0, turn.messagesBefore) : messages;
  const last = stored.at(-1);
  const canRegenerate = canAsk && !turn;

  // One's own question is always worth seeing.
  const question = turn?.question;
  useEffect(() => {
    if (question) scrollToEnd();
  }, [question, scrollToEnd]);

  return (
    <div className="relative min-h-0 flex-1">
      <div ref={scroller} onScroll={onScroll} className="h-full overflow-y-auto" tabIndex={-1}>
        {/* Not announced token by token: the status region tells of an answer's start and end. */}
        <div
          ref={content}
          role="log"
          aria-live="off"
          aria-label={t("chat.thread")}
          className="mx-auto flex max-w-3xl flex-col gap-7 px-4 py-6 sm:px-6"
        >
          {stored.map((message) => {
            if (message.role === "user") {
              return <UserMessage key={message.id} text={message.versions[0]?.content ?? ""} />;
            }
            if (message.id === turn?.question.regenerateMessageId) return null;
            return (
              <StoredAnswer
                key={message.id}
                message={message}
                onOpen={onOpen}
                onRegenerate={canRegenerate && message === last ? onRegenerate : undefined}
              />
            );
          })}
          {turn?.question.text !== undefined && <UserMessage text={turn.question.text} />}
          {turn && <LiveAnswer turn={turn} onOpen={onOpen} onRetry={onRetry} onEdit={onEdit} />}
        </div>
      </div>
      {isAway && (
        <Button
          size="small"
          className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-float"
          onClick={scrollToEnd}
        >
          <ArrowDown aria-hidden="true" /> {t("chat.jumpToLatest")}
        </Button>
      )}
    </div>
  );
}
