import { RotateCw, Trash2, X } from "lucide-react";
import { useTranslation } from "react-i18next";

import type { StoredDocument } from "@/api/documents";
import { IconButton } from "@/components/ui/icon-button";

import type { DocumentLine } from "../lib/document-state";
import { uploads } from "../lib/uploads";

interface DocumentActionsProps {
  line: DocumentLine;
  onRetry: (document: StoredDocument) => void;
  onDelete: (document: StoredDocument) => void;
}

/** What can be done with a document in its present state. */
export function DocumentActions({ line, onRetry, onDelete }: DocumentActionsProps) {
  const { t } = useTranslation();
  const { name, origin } = line;
  const isFailed = line.stage === "failed" || line.stage === "cancelled";
  const retry = isFailed && (
    <IconButton
      size="smallIcon"
      label={t("documents.retryOne", { name })}
      onClick={() =>
        "upload" in origin ? uploads.retry(origin.upload.key) : onRetry(origin.document)
      }
    >
      <RotateCw />
    </IconButton>
  );

  if ("upload" in origin) {
    const label = isFailed ? "documents.dismissUpload" : "documents.cancelUpload";
    return (
      <div className="flex justify-end">
        {retry}
        <IconButton
          size="smallIcon"
          label={t(label, { name })}
          onClick={() => uploads.remove(origin.upload.key)}
        >
          <X />
        </IconButton>
      </div>
    );
  }
  return (
    <div className="flex justify-end">
      {retry}
      <IconButton
        size="smallIcon"
        label={t("documents.deleteOne", { name })}
        onClick={() => onDelete(origin.document)}
      >
        <Trash2 />
      </IconButton>
    </div>
  );
}
