import { ChevronRight, Quote } from "lucide-react";
import { useTranslation } from "react-i18next";

import { classNames } from "@/lib/class-names";

import type { Source } from "../api/types";
import { PlaceLabel } from "./place-label";

interface SourcesListProps {
  sources: readonly Source[];
  onOpen: (source: Source) => void;
}

/** Everything that was retrieved for an answer, the cited passages first and marked. */
export function SourcesList({ sources, onOpen }: SourcesListProps) {
  const { t } = useTranslation();
  const ordered = [...sources].sort(
    (a, b) => Number(b.cited) - Number(a.cited) || a.index - b.index,
  );
  return (
    <details className="group/sources mt-3 text-sm" open>
      <summary className="inline-flex list-none items-center gap-1 rounded-md py-1 pe-2 text-[0.8125rem] font-medium text-muted-foreground hover:text-foreground [&::-webkit-details-marker]:hidden">
        <ChevronRight
          className="size-4 transition-transform group-open/sources:rotate-90"
          aria-hidden="true"
        />
        {t("sources.used")}
        <span className="font-normal">{sources.length}</span>
      </summary>
      <ul className="mt-1.5 grid gap-2 sm:grid-cols-2">
        {ordered.map((source) => (
          <li key={source.index} className="min-w-0">
            <SourceCard source={source} onOpen={onOpen} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function SourceCard({ source, onOpen }: { source: Source; onOpen: (source: Source) => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      data-slot="source"
      onClick={() => onOpen(source)}
      className="flex h-full w-full flex-col gap-1 rounded-xl border bg-surface px-3 py-2.5 text-start transition-colors hover:border-accent"
    >
      <span className="flex w-full items-center gap-2 text-[0.8125rem]">
        <span
          className={classNames(
            "inline-flex h-5 min-w-5 shrink-0 items-center justify-center rounded-md px-1 text-xs font-semibold",
            source.cited ? "bg-accent-soft text-accent-text" : "bg-muted text-muted-foreground",
          )}
        >
          {source.index}
        </span>
        <span className="min-w-0 flex-1 truncate font-medium">{source.filename}</span>
        <span className="shrink-0 text-xs text-muted-foreground">
          <PlaceLabel place={source} />
        </span>
      </span>
      <span className="line-clamp-2 text-[0.8125rem] leading-normal text-muted-foreground">
        {source.text}
      </span>
      {source.cited && (
        <span className="mt-auto inline-flex items-center gap-1 text-xs font-medium text-accent-text">
          <Quote className="size-3" aria-hidden="true" />
          {t("sources.cited")}
        </span>
      )}
    </button>
  );
}
