import { useTranslation } from "react-i18next";

import { classNames } from "@/lib/class-names";

import { type DocumentLine, filterOf, type StateFilter } from "../lib/document-state";

const FILTERS: readonly StateFilter[] = ["all", "inProgress", "completed", "failed"];

interface StateFilterBarProps {
  lines: readonly DocumentLine[];
  chosen: StateFilter;
  onChoose: (filter: StateFilter) => void;
}

/** Shows the documents of one state, and how many each state has. */
export function StateFilterBar({ lines, chosen, onChoose }: StateFilterBarProps) {
  const { t } = useTranslation();
  return (
    <div role="group" aria-label={t("documents.filter")} className="flex flex-wrap gap-1">
      {FILTERS.map((filter) => {
        const count =
          filter === "all"
            ? lines.length
            : lines.filter(({ stage }) => filterOf(stage) === filter).length;
        return (
          <button
            key={filter}
            type="button"
            aria-pressed={filter === chosen}
            className={classNames(
              "inline-flex h-8 items-center gap-1.5 rounded-full px-3 text-[0.8125rem] transition-colors",
              filter === chosen
                ? "bg-foreground text-background"
                : "text-muted-foreground hover:bg-muted hover:text-foreground",
            )}
            onClick={() => onChoose(filter)}
          >
            {t(`documents.${filter}`)}
            <span className="tabular-nums opacity-80">{count}</span>
          </button>
        );
      })}
    </div>
  );
}
