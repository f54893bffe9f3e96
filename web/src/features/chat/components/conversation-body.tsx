import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { ApiError } from "@/api/errors";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";

import { conversationQuery } from "../api/conversations";
import type { OpenedSource } from "../lib/opened-source";
import type { Turn } from "../lib/turns";
import { Thread } from "./thread";

interface ConversationBodyProps {
  conversationId: string;
  turn: Turn | undefined;
  canAsk: boolean;
  onOpen: (opened: OpenedSource) => void;
  onRegenerate: (messageId: string) => void;
  onRetry: () => void;
  onEdit: () => void;
}

/** A stored conversation's thread, or why there is none. */
export function ConversationBody({ conversationId, ...thread }: ConversationBodyProps) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(conversationQuery(conversationId));
  if (data) return <Thread key={conversationId} messages={data.messages} {...thread} />;
  if (!error) {
    return (
      <p
        role="status"
        className="flex flex-1 items-center justify-center gap-2 text-sm text-muted-foreground"
      >
        <Spinner /> {t("common.loading")}
      </p>
    );
  }
  const isGone = error instanceof ApiError && error.status === 404;
  return (
    <div className="m-auto w-full max-w-md px-4">
      <Notice
        kind="danger"
        action={
          isGone ? (
            <Button asChild size="small" className="text-foreground">
              <Link to="/">{t("conversations.new")}</Link>
            </Button>
          ) : (
            <Button size="small" className="text-foreground" onClick={() => void refetch()}>
              {t("common.retry")}
            </Button>
          )
        }
      >
        {isGone ? t("chat.gone") : t("chat.loadFailed")}
      </Notice>
    </div>
  );
}
