import { ChevronLeft, ChevronRight, RefreshCw } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";

import { IconButton } from "@/components/ui/icon-button";

import type { Message } from "../api/types";
import type { OpenedSource } from "../lib/opened-source";
import { Answer, viewOfVersion } from "./answer";

interface StoredAnswerProps {
  message: Message;
  onOpen: (opened: OpenedSource) => void;
  /** Absent where the answer cannot be asked for again. */
  onRegenerate: ((messageId: string) => void) | undefined;
}

/** An answer from the database, with its versions: the newest is shown first. */
export const StoredAnswer = memo(function StoredAnswer(props: StoredAnswerProps) {
  const { message, onOpen, onRegenerate } = props;
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<number>();
  const count = message.versions.length;
  const position = Math.min(chosen ?? count - 1, count - 1);
  const version = message.versions[position];
  if (!version) return null;

  return (
    <Answer
      answer={viewOfVersion(version)}
      onOpen={onOpen}
      actions={
        <>
          {onRegenerate && (
            <IconButton
              size="smallIcon"
              label={t("chat.regenerate")}
              onClick={() => onRegenerate(message.id)}
            >
              <RefreshCw />
            </IconButton>
          )}
          {count > 1 && <VersionPicker position={position} count={count} onChoose={setChosen} />}
        </>
      }
    />
  );
});

interface VersionPickerProps {
  position: number;
  count: number;
  onChoose: (position: number) => void;
}

function VersionPicker({ position, count, onChoose }: VersionPickerProps) {
  const { t } = useTranslation();
  return (
    <div className="flex items-center" data-slot="versions">
      <IconButton
        size="smallIcon"
        label={t("chat.previousVersion")}
        disabled={position === 0}
        onClick={() => onChoose(position - 1)}
      >
        <ChevronLeft />
      </IconButton>
      <span className="min-w-8 text-center text-xs text-muted-foreground tabular-nums">
        <span aria-hidden="true">
          {position + 1}/{count}
        </span>
        <span className="sr-only">
          {t("chat.versionPosition", { position: position + 1, count })}
        </span>
      </span>
      <IconButton
        size="smallIcon"
        label={t("chat.nextVersion")}
        disabled={position === count - 1}
        onClick={() => onChoose(position + 1)}
      >
        <ChevronRight />
      </IconButton>
    </div>
  );
}
