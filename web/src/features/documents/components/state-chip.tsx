import { CircleAlert, CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Spinner } from "@/components/ui/spinner";
import { classNames } from "@/lib/class-names";

import { type DocumentLine, filterOf } from "../lib/document-state";

const looks = {
  completed: "bg-success-soft text-success",
  failed: "bg-danger-soft text-danger",
  inProgress: "bg-accent-soft text-accent-text",
};

/** How far a document has come. */
export function StateChip({ line }: { line: DocumentLine }) {
  const { t } = useTranslation();
  const state = filterOf(line.stage);
  const share = line.progress;
  return (
    <div className="flex flex-col items-start gap-1.5">
      <span
        data-slot="state"
        data-stage={line.stage}
        className={classNames(
          "inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3.5",
          looks[state],
        )}
      >
        {state === "completed" && <CircleCheck aria-hidden="true" />}
        {state === "failed" && <CircleAlert aria-hidden="true" />}
        {state === "inProgress" && <Spinner className="text-current" />}
        {t(`stage.${line.stage}`)}
        {share !== undefined && (
          <span className="min-w-7 text-end tabular-nums">{Math.floor(share * 100)}%</span>
        )}
      </span>
      {share !== undefined && (
        <progress
          className="progress-line h-1 w-28"
          max={1}
          value={share}
          aria-label={t("documents.uploadProgress", { name: line.name })}
        />
      )}
    </div>
  );
}
