import { useQuery } from "@tanstack/react-query";
import { FileText, X } from "lucide-react";
import { type RefObject, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { ApiError } from "@/api/errors";
import { Button } from "@/components/ui/button";
import { IconButton } from "@/components/ui/icon-button";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";

import { documentWindowQuery, type DocumentWindow } from "../api/document-text";
import type { OpenedSource } from "../lib/opened-source";
import { passagePieces, placeInWindow } from "../lib/passage";
import { PlaceLabel } from "./place-label";

const FIRST_CONTEXT_CHARACTERS = 1_500;
const CONTEXT_GROWTH = 3;

interface SourcePanelProps {
  opened: OpenedSource;
  onClose: () => void;
  titleId: string;
}

/** A cited or retrieved passage in the text of its document, highlighted and scrolled into view. */
export function SourcePanel({ opened, onClose, titleId }: SourcePanelProps) {
  const { t } = useTranslation();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [opened]);

  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="flex items-start gap-3 border-b px-4 py-3">
        <FileText className="mt-1 size-4 shrink-0 text-muted-foreground" aria-hidden="true" />
        <div className="min-w-0 flex-1">
          <p className="text-xs text-muted-foreground">{t("sources.panel")}</p>
          <h2
            ref={title}
            id={titleId}
            tabIndex={-1}
            className="text-sm font-semibold break-all outline-none"
          >
            {opened.filename}
          </h2>
          <p className="text-xs text-muted-foreground">
            <PlaceLabel place={opened} />
          </p>
        </div>
        <IconButton label={t("sources.closePanel")} size="smallIcon" onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <OpenedPassage
        key={`${opened.document_hash}:${opened.document_start}:${opened.document_end}`}
        opened={opened}
      />
    </div>
  );
}

function OpenedPassage({ opened }: { opened: OpenedSource }) {
  const { t } = useTranslation();
  const [context, setContext] = useState(FIRST_CONTEXT_CHARACTERS);
  const scroller = useRef<HTMLDivElement>(null);
  const { data, error, isPending } = useQuery(documentWindowQuery(opened, context));

  if (isPending) {
    return (
      <p role="status" className="flex items-center gap-2 p-4 text-sm text-muted-foreground">
        <Spinner /> {t("common.loading")}
      </p>
    );
  }
  if (error) {
    const gone = error instanceof ApiError && error.status === 404;
    return (
      <div className="flex flex-col gap-4 overflow-y-auto p-4">
        <Notice kind="warning">{gone ? t("sources.gone") : t("sources.loadFailed")}</Notice>
        <KeptQuote opened={opened} />
      </div>
    );
  }

  const end = data.offset + data.text.length;
  const hasLater = end < data.length;
  const widen = () => setContext(context * CONTEXT_GROWTH);
  return (
    <div
      ref={scroller}
      tabIndex={0}
      role="region"
      aria-label={t("sources.panel")}
      className="min-h-0 flex-1 overflow-y-auto px-4 py-4 -outline-offset-2"
    >
      {data.offset > 0 && <MoreButton label={t("sources.earlier")} onClick={widen} />}
      <WindowText window={data} opened={opened} scroller={scroller} />
      {hasLater && <MoreButton label={t("sources.later")} onClick={widen} />}
    </div>
  );
}

interface WindowTextProps {
  window: DocumentWindow;
  opened: OpenedSource;
  scroller: RefObject<HTMLDivElement | null>;
}

function WindowText({ window, opened, scroller }: WindowTextProps) {
  const { t } = useTranslation();
  const span = placeInWindow(window, opened);
  const pieces = passagePieces(window, span);
  const first = pieces.find((piece) => piece.highlighted);

  useEffect(() => {
    const mark = scroller.current?.querySelector("mark");
    mark?.scrollIntoView({ block: "center" });
    // Only the first time: text that is added around it later must not move what is being read.
  }, [scroller]);

  return (
    <>
      {!span && (
        <div className="mb-4 flex flex-col gap-3">
          <Notice kind="warning">{t("sources.notPlaced")}</Notice>
          <KeptQuote opened={opened} />
        </div>
      )}
      <div className="text-[0.9375rem] leading-[1.8] whitespace-pre-wrap">
        {pieces.map((piece) => (
          <span key={piece.start}>
            {piece.page !== null && <PageBreak page={piece.page} />}
            {piece.highlighted ? (
              <mark
                data-slot="quote"
                {...(piece === first ? { "data-first": "" } : {})}
                className="rounded-sm bg-highlight py-0.5 text-highlight-foreground"
              >
                {piece.text}
              </mark>
            ) : (
              piece.text
            )}
          </span>
        ))}
      </div>
    </>
  );
}

function PageBreak({ page }: { page: number }) {
  const { t } = useTranslation();
  return (
    <span className="my-3 flex items-center gap-3 text-xs text-muted-foreground select-none after:h-px after:flex-1 after:bg-border">
      {t("sources.page", { page })}
    </span>
  );
}

function KeptQuote({ opened }: { opened: OpenedSource }) {
  const { t } = useTranslation();
  return (
    <figure>
      <figcaption className="mb-1 text-xs font-medium text-muted-foreground">
        {opened.kind === "quote" ? t("sources.quote") : t("sources.passage")}
      </figcaption>
      <blockquote className="border-s-2 border-accent ps-3 text-[0.9375rem] leading-relaxed whitespace-pre-wrap">
        {opened.text}
      </blockquote>
    </figure>
  );
}

function MoreButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <div className="flex justify-center py-2">
      <Button size="small" look="quiet" onClick={onClick}>
        {label}
      </Button>
    </div>
  );
}
