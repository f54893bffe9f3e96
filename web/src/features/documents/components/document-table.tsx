import { useTranslation } from "react-i18next";

import type { StoredDocument } from "@/api/documents";
import { useErrorSentence } from "@/api/errors";
import { formatBytes, formatDateTime } from "@/lib/format";
import { useMediaQuery } from "@/lib/use-media-query";

import type { DocumentLine } from "../lib/document-state";
import { DocumentActions } from "./document-actions";
import { StateChip } from "./state-chip";

interface DocumentTableProps {
  lines: readonly DocumentLine[];
  onRetry: (document: StoredDocument) => void;
  onDelete: (document: StoredDocument) => void;
}

/** All documents: a table, or on a phone a list of cards. */
export function DocumentTable(props: DocumentTableProps) {
  const hasRoom = useMediaQuery("(min-width: 48rem)");
  return hasRoom ? <Table {...props} /> : <Cards {...props} />;
}

function Table({ lines, ...actions }: DocumentTableProps) {
  const { t, i18n } = useTranslation();
  return (
    <div className="overflow-hidden rounded-2xl border bg-surface">
      <table className="w-full table-fixed text-sm">
        <thead className="border-b text-start text-xs text-muted-foreground">
          <tr className="[&>th]:px-4 [&>th]:py-2.5 [&>th]:text-start [&>th]:font-medium">
            <th scope="col">{t("documents.name")}</th>
            <th scope="col" className="w-40">
              {t("documents.state")}
            </th>
            <th scope="col" className="w-24">
              {t("documents.size")}
            </th>
            <th scope="col" className="hidden w-52 lg:table-cell">
              {t("documents.added")}
            </th>
            <th scope="col" className="w-24">
              <span className="sr-only">{t("documents.actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {lines.map((line) => (
            <tr key={line.key} className="[&>td]:px-4 [&>td]:py-3" data-document={line.name}>
              <td>
                <p className="font-medium break-all">{line.name}</p>
                <DocumentError line={line} />
              </td>
              <td>
                <StateChip line={line} />
              </td>
              <td className="text-muted-foreground tabular-nums">
                {formatBytes(line.bytes, i18n.language)}
              </td>
              <td className="hidden whitespace-nowrap text-muted-foreground tabular-nums lg:table-cell">
                {line.addedAt !== undefined && formatDateTime(line.addedAt, i18n.language)}
              </td>
              <td>
                <DocumentActions line={line} {...actions} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cards({ lines, ...actions }: DocumentTableProps) {
  const { i18n } = useTranslation();
  return (
    <ul className="flex flex-col gap-2.5">
      {lines.map((line) => (
        <li
          key={line.key}
          data-document={line.name}
          className="rounded-2xl border bg-surface px-4 py-3 text-sm"
        >
          <div className="flex items-start gap-2">
            <p className="min-w-0 flex-1 pt-1 font-medium break-all">{line.name}</p>
            <DocumentActions line={line} {...actions} />
          </div>
          <div className="mt-1.5 flex flex-wrap items-start gap-x-3 gap-y-1.5">
            <StateChip line={line} />
            <span className="pt-0.5 text-xs text-muted-foreground tabular-nums">
              {formatBytes(line.bytes, i18n.language)}
              {line.addedAt !== undefined && ` · ${formatDateTime(line.addedAt, i18n.language)}`}
            </span>
          </div>
          <DocumentError line={line} />
        </li>
      ))}
    </ul>
  );
}

function DocumentError({ line }: { line: DocumentLine }) {
  const sentence = useErrorSentence();
  if (line.error === undefined) return null;
  return <p className="mt-1 text-[0.8125rem] text-danger">{sentence(line.error)}</p>;
}
