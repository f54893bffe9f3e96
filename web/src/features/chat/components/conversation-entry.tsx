import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { useErrorSentence } from "@/api/errors";
import { showToast } from "@/components/toasts";
import { IconButton } from "@/components/ui/icon-button";
import { Menu, MenuContent, MenuItem, MenuTrigger } from "@/components/ui/menu";

import { conversationsQuery, useRenameConversation } from "../api/conversations";
import type { ConversationSummary } from "../api/types";
import { deleteSoon, undoDelete } from "../lib/deferred-deletes";

interface ConversationEntryProps {
  conversation: ConversationSummary;
  onNavigate: () => void;
}

/** One line of the list: opens the conversation; its menu renames and deletes it. */
export function ConversationEntry({ conversation, onNavigate }: ConversationEntryProps) {
  const { t } = useTranslation();
  const [isRenaming, setRenaming] = useState(false);
  const remove = useDelete(conversation.id);
  const title = conversation.title ?? t("conversations.untitled");

  if (isRenaming) {
    return (
      <li>
        <RenameField conversation={conversation} onDone={() => setRenaming(false)} />
      </li>
    );
  }
  return (
    <li className="group/entry relative flex items-center rounded-lg hover:bg-muted has-data-[status=active]:bg-muted">
      <Link
        to="/c/$conversationId"
        params={{ conversationId: conversation.id }}
        onClick={onNavigate}
        title={title}
        className="min-w-0 flex-1 truncate rounded-lg px-2.5 py-2 text-sm leading-5 data-[status=active]:font-medium"
      >
        {title}
      </Link>
      <Menu>
        <MenuTrigger asChild>
          <IconButton
            size="smallIcon"
            label={t("conversations.actions", { title })}
            className="me-0.5 opacity-0 group-focus-within/entry:opacity-100 group-hover/entry:opacity-100 data-[state=open]:opacity-100 pointer-coarse:opacity-100"
          >
            <Ellipsis />
          </IconButton>
        </MenuTrigger>
        <MenuContent align="start">
          <MenuItem onSelect={() => setRenaming(true)}>
            <Pencil aria-hidden="true" /> {t("conversations.rename")}
          </MenuItem>
          <MenuItem danger onSelect={remove}>
            <Trash2 aria-hidden="true" /> {t("common.delete")}
          </MenuItem>
        </MenuContent>
      </Menu>
    </li>
  );
}

/** Deletes with a way back: nothing is lost until the toast has gone. */
function useDelete(id: string): () => void {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const sentence = useErrorSentence();
  const openId = useParams({ strict: false }).conversationId;

  return () => {
    deleteSoon(id, (error) => {
      if (error !== undefined) showToast(sentence(error));
      void client.invalidateQueries({ queryKey: conversationsQuery.queryKey });
    });
    showToast(t("conversations.deleted"), {
      label: t("common.undo"),
      run: () => undoDelete(id),
    });
    if (openId === id) void navigate({ to: "/" });
  };
}

interface RenameFieldProps {
  conversation: ConversationSummary;
  onDone: () => void;
}

function RenameField({ conversation, onDone }: RenameFieldProps) {
  const { t } = useTranslation();
  const rename = useRenameConversation();
  const [title, setTitle] = useState(conversation.title ?? "");
  const isDone = useRef(false);

  function finish(keep: boolean) {
    // Leaving the field after Enter or Escape must not finish a second time.
    if (isDone.current) return;
    isDone.current = true;
    const changed = title.trim();
    if (keep && changed && changed !== conversation.title) {
      rename.mutate({ id: conversation.id, title: changed });
    }
    onDone();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") finish(true);
    if (event.key === "Escape") {
      event.preventDefault();
      finish(false);
    }
  }

  return (
    <input
      ref={(field) => field?.focus()}
      value={title}
      maxLength={200}
      aria-label={t("conversations.renameLabel")}
      className="w-full rounded-lg border border-accent bg-surface px-2.5 py-1.5 text-sm leading-5"
      onFocus={(event) => event.target.select()}
      onChange={(event) => setTitle(event.target.value)}
      onBlur={() => finish(true)}
      onKeyDown={onKeyDown}
    />
  );
}
