import { ApiError } from "@/api/errors";
import type { IngestionStage, StoredDocument } from "@/api/documents";

import type { Upload } from "./uploads";

export type DocumentStage =
  "waiting" | "uploading" | IngestionStage | "completed" | "failed" | "cancelled";

export type StateFilter = "all" | "inProgress" | "completed" | "failed";

/** A line of the documents table, whether it is still being uploaded or stored already. */
export interface DocumentLine {
  key: string;
  name: string;
  bytes: number;
  addedAt: number | undefined;
  stage: DocumentStage;
  /** 0 to 1 where it is known. */
  progress: number | undefined;
  error: unknown;
  origin: { upload: Upload } | { document: StoredDocument };
}

export function lineOfUpload(upload: Upload): DocumentLine {
  return {
    key: `upload-${upload.key}`,
    name: upload.file.name,
    bytes: upload.file.size,
    addedAt: undefined,
    stage: upload.state,
    progress: upload.state === "uploading" ? upload.progress : undefined,
    error: upload.error,
    origin: { upload },
  };
}

export function lineOfDocument(document: StoredDocument): DocumentLine {
  const { status, stage, progress, last_error: error } = document;
  const isReading = status === "in_progress";
  return {
    key: document.id,
    name: document.filename,
    bytes: document.bytes,
    addedAt: document.created_at,
    stage: isReading ? (stage ?? "waiting") : status,
    progress: isReading && stage ? (progress ?? undefined) : undefined,
    error: error ? new ApiError(0, error.code, error.message) : undefined,
    origin: { document },
  };
}

export function filterOf(stage: DocumentStage): Exclude<StateFilter, "all"> {
  if (stage === "completed") return "completed";
  return stage === "failed" || stage === "cancelled" ? "failed" : "inProgress";
}
