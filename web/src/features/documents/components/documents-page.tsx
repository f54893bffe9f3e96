import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import { documentsQuery, type StoredDocument } from "@/api/documents";
import { useErrorSentence } from "@/api/errors";
import { systemQuery } from "@/api/system";
import { PageHeader } from "@/components/page-header";
import { showToast } from "@/components/toasts";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";

import { useRetryDocuments } from "../api/changes";
import {
  type DocumentLine,
  filterOf,
  lineOfDocument,
  lineOfUpload,
  type StateFilter,
} from "../lib/document-state";
import { uploads, useUploads } from "../lib/uploads";
import { DeleteDialog } from "./delete-dialog";
import { DocumentTable } from "./document-table";
import { DropZone } from "./drop-zone";
import { StateFilterBar } from "./state-filter";

/** The documents that answers are drawn from: add, watch, retry, delete. */
export function DocumentsPage() {
  const { t } = useTranslation();
  const { data: system } = useQuery(systemQuery);
  const vectorStoreId = system?.default_vector_store_id;
  const documents = useQuery({
    ...documentsQuery(vectorStoreId ?? ""),
    enabled: vectorStoreId !== undefined,
  });
  const client = useQueryClient();
  const uploading = useUploads();
  const lines = [
    ...uploading.map(lineOfUpload),
    ...(documents.data ?? []).map((document) => lineOfDocument(document)),
  ];

  useEffect(() => {
    uploads.onAttached = () => client.invalidateQueries({ queryKey: ["documents"] });
  }, [client]);

  function addFiles(files: File[]) {
    if (system) uploads.add(files, system.default_vector_store_id, system.max_upload_bytes);
  }

  const title = t("documents.title");
  return (
    <div className="flex h-full flex-col">
      <title>{`${title} · Caravan`}</title>
      <PageHeader title={title} />
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto flex w-full max-w-5xl flex-col gap-5 px-4 py-6 sm:px-6">
          <p className="text-sm text-muted-foreground">{t("documents.description")}</p>
          <DropZone
            maxBytes={system?.max_upload_bytes}
            onFiles={addFiles}
            isLarge={documents.isSuccess && lines.length === 0}
          />
          {documents.isError && (
            <Notice
              kind="danger"
              action={
                <Button
                  size="small"
                  className="text-foreground"
                  onClick={() => void documents.refetch()}
                >
                  {t("common.retry")}
                </Button>
              }
            >
              {t("documents.loadFailed")}
            </Notice>
          )}
          {documents.isPending && (
            <p role="status" className="flex items-center gap-2 text-sm text-muted-foreground">
              <Spinner /> {t("common.loading")}
            </p>
          )}
          {lines.length > 0 && vectorStoreId !== undefined && (
            <DocumentLines lines={lines} vectorStoreId={vectorStoreId} />
          )}
        </div>
      </div>
    </div>
  );
}

interface DocumentLinesProps {
  lines: readonly DocumentLine[];
  vectorStoreId: string;
}

function DocumentLines({ lines, vectorStoreId }: DocumentLinesProps) {
  const { t } = useTranslation();
  const sentence = useErrorSentence();
  const [filter, setFilter] = useState<StateFilter>("all");
  const [toDelete, setToDelete] = useState<StoredDocument>();
  const retry = useRetryDocuments(vectorStoreId);
  const shown = lines.filter(({ stage }) => filter === "all" || filterOf(stage) === filter);
  const failed = lines.filter(({ stage }) => filterOf(stage) === "failed");

  function retryDocuments(ids: string[]) {
    retry.mutate(ids, {
      onError: (error) => showToast(`${t("documents.retryFailedError")} ${sentence(error)}`),
    });
  }

  function retryFailed() {
    for (const { origin } of failed) if ("upload" in origin) uploads.retry(origin.upload.key);
    retryDocuments(
      failed.flatMap(({ origin }) => ("document" in origin ? [origin.document.id] : [])),
    );
  }

  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <StateFilterBar lines={lines} chosen={filter} onChoose={setFilter} />
        {failed.length > 1 && (
          <Button size="small" disabled={retry.isPending} onClick={retryFailed}>
            <RotateCw aria-hidden="true" /> {t("documents.retryFailed")}
          </Button>
        )}
      </div>
      {shown.length > 0 ? (
        <DocumentTable
          lines={shown}
          onRetry={({ id }) => retryDocuments([id])}
          onDelete={setToDelete}
        />
      ) : (
        <p className="py-10 text-center text-sm text-muted-foreground">
          {t("documents.emptyFilter")}
        </p>
      )}
      <DocumentsStatus lines={lines} />
      {toDelete && (
        <DeleteDialog
          document={toDelete}
          vectorStoreId={vectorStoreId}
          onClose={() => setToDelete(undefined)}
        />
      )}
    </>
  );
}

/** Tells a screen reader when documents change their state, not at each step of progress. */
function DocumentsStatus({ lines }: { lines: readonly DocumentLine[] }) {
  const { t } = useTranslation();
  const count = (state: StateFilter) =>
    lines.filter(({ stage }) => filterOf(stage) === state).length;
  return (
    <p role="status" className="sr-only">
      {t("documents.counts", {
        completed: count("completed"),
        inProgress: count("inProgress"),
        failed: count("failed"),
      })}
    </p>
  );
}
