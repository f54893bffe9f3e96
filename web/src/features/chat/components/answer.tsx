import { CircleStop } from "lucide-react";
import { type ReactNode, useCallback } from "react";
import { useTranslation } from "react-i18next";

import { CopyButton } from "@/components/copy-button";

import type { Annotation, MessageVersion, Source } from "../api/types";
import { openedCitation, openedPassage, type OpenedSource } from "../lib/opened-source";
import type { TurnPhase } from "../lib/turns";
import { AnswerText } from "./answer-text";
import { SourcesList } from "./sources-list";

/** What is drawn of an answer, be it stored or still arriving. */
export interface AnswerView {
  content: string;
  annotations: Annotation[];
  sources: Source[];
  phase: TurnPhase;
}

export function viewOfVersion(version: MessageVersion): AnswerView {
  return {
    content: version.content,
    annotations: version.annotations ?? [],
    sources: version.sources ?? [],
    phase: version.status,
  };
}

interface AnswerProps {
  answer: AnswerView;
  onOpen: (opened: OpenedSource) => void;
  /** The version arrows and what can be done with the answer, behind Copy. */
  actions?: ReactNode;
  /** Stands in place of the status line of a failed answer. */
  failure?: ReactNode;
}

export function Answer({ answer, onOpen, actions, failure }: AnswerProps) {
  const { t } = useTranslation();
  const { content, annotations, sources, phase } = answer;
  const isRunning = phase === "waiting" || phase === "streaming";
  const openCitation = useCallback(
    (annotation: Annotation) => onOpen(openedCitation(annotation)),
    [onOpen],
  );

  return (
    <article aria-label={t("chat.assistant")} aria-busy={isRunning} data-phase={phase}>
      {content !== "" && (
        <AnswerText content={content} annotations={annotations} onOpen={openCitation} />
      )}
      {isRunning && content === "" && <Thinking />}
      {!isRunning && (
        <>
          <Ending phase={phase} isEmpty={content === ""} failure={failure} />
          {sources.length > 0 && (
            <SourcesList sources={sources} onOpen={(source) => onOpen(openedPassage(source))} />
          )}
          {sources.length === 0 && phase === "completed" && (
            <p className="mt-3 text-[0.8125rem] text-muted-foreground">{t("sources.noneFound")}</p>
          )}
          <footer className="mt-2 flex flex-wrap items-center gap-x-1 gap-y-1">
            <div className="-ms-2 flex items-center">
              {content !== "" && <CopyButton text={content} label={t("chat.copyAnswer")} />}
              {actions}
            </div>
            {content !== "" && <p className="text-xs text-muted-foreground">{t("chat.notice")}</p>}
          </footer>
        </>
      )}
    </article>
  );
}

function Thinking() {
  const { t } = useTranslation();
  return (
    <p className="flex items-center gap-2.5 text-sm text-muted-foreground">
      <span className="size-2 animate-[breathe_1.4s_ease-in-out_infinite] rounded-full bg-accent" />
      {t("chat.thinking")}
    </p>
  );
}

interface EndingProps {
  phase: TurnPhase;
  isEmpty: boolean;
  failure: ReactNode;
}

/** Says how the answer ended, when it did not simply end. */
function Ending({ phase, isEmpty, failure }: EndingProps) {
  const { t } = useTranslation();
  if (phase === "failed") {
    return failure ?? <p className="mt-2 text-sm text-danger">{t("chat.interrupted")}</p>;
  }
  if (phase === "stopped") {
    return (
      <p className="mt-2 flex items-center gap-1.5 text-sm text-muted-foreground">
        <CircleStop className="size-4" aria-hidden="true" />
        {isEmpty ? t("chat.stoppedEmpty") : t("chat.stopped")}
      </p>
    );
  }
  return isEmpty ? <p className="text-sm text-muted-foreground">{t("chat.emptyAnswer")}</p> : null;
}
