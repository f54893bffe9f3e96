import { useTranslation } from "react-i18next";

import { useErrorSentence } from "@/api/errors";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";

import type { OpenedSource } from "../lib/opened-source";
import type { Turn } from "../lib/turns";
import { Answer } from "./answer";

interface LiveAnswerProps {
  turn: Turn;
  onOpen: (opened: OpenedSource) => void;
  onRetry: () => void;
  /** Takes the question back into the composer. */
  onEdit: () => void;
}

/** The answer that is arriving, or that failed and can be asked for again. */
export function LiveAnswer({ turn, onOpen, onRetry, onEdit }: LiveAnswerProps) {
  const { t } = useTranslation();
  const sentence = useErrorSentence();
  return (
    <Answer
      answer={turn}
      onOpen={onOpen}
      failure={
        <Notice
          kind="danger"
          className="mt-2"
          action={
            <span className="flex gap-2">
              {turn.question.text !== undefined && (
                <Button size="small" onClick={onEdit} className="text-foreground">
                  {t("chat.editQuestion")}
                </Button>
              )}
              <Button size="small" onClick={onRetry} className="text-foreground">
                {t("common.retry")}
              </Button>
            </span>
          }
        >
          {sentence(turn.error)}
        </Notice>
      }
    />
  );
}
