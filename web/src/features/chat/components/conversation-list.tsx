import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { Button } from "@/components/ui/button";
import { type Period, periodOf } from "@/lib/format";

import { conversationsQuery } from "../api/conversations";
import type { ConversationSummary } from "../api/types";
import { useHiddenConversations } from "../lib/deferred-deletes";
import { ConversationEntry } from "./conversation-entry";

const PERIODS: readonly Period[] = ["today", "yesterday", "week", "older"];

/** All conversations, newest first, in groups by day. */
export function ConversationList({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(conversationsQuery);
  const hidden = useHiddenConversations();
  const conversations =
    query.data?.pages.flatMap(({ data }) => data).filter(({ id }) => !hidden.has(id)) ?? [];

  return (
    <nav aria-label={t("conversations.list")} className="px-2 pb-4">
      {query.isError && (
        <div className="px-2.5 py-2 text-sm text-muted-foreground">
          <p>{t("conversations.loadFailed")}</p>
          <Button size="small" className="mt-2" onClick={() => void query.refetch()}>
            {t("common.retry")}
          </Button>
        </div>
      )}
      {query.isSuccess && conversations.length === 0 && (
        <p className="px-2.5 py-2 text-sm text-muted-foreground">{t("conversations.empty")}</p>
      )}
      {groups(conversations).map(([period, members]) => (
        <section key={period} className="mt-4 first:mt-2">
          <h2 className="px-2.5 pb-1 text-xs font-medium text-muted-foreground">
            {t(`conversations.${period}`)}
          </h2>
          <ul className="flex flex-col gap-px">
            {members.map((conversation) => (
              <ConversationEntry
                key={conversation.id}
                conversation={conversation}
                onNavigate={onNavigate}
              />
            ))}
          </ul>
        </section>
      ))}
      {query.hasNextPage && (
        <Button
          look="quiet"
          size="small"
          className="mt-2 w-full"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t("conversations.loadMore")}
        </Button>
      )}
    </nav>
  );
}

function groups(conversations: readonly ConversationSummary[]) {
  const now = new Date();
  return PERIODS.map(
    (period) =>
      [
        period,
        conversations.filter((entry) => periodOf(entry.updated_at, now) === period),
      ] as const,
  ).filter(([, members]) => members.length > 0);
}
