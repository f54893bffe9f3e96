import { useSyncExternalStore } from "react";

import { ApiError, isAbort } from "@/api/errors";

import { attachFile, deleteFile } from "../api/changes";
import { uploadFile } from "../api/upload-file";

/** A file on its way to the server, or one that did not get there. */
export interface Upload {
  key: number;
  file: File;
  vectorStoreId: string;
  state: "waiting" | "uploading" | "failed";
  /** Share sent, 0 to 1. */
  progress: number;
  error: unknown;
}

const PARALLEL_UPLOADS = 2;

/**
 * Uploads, outside of React: they go on while another page is looked at. An upload that has become a document of the
 * vector store leaves this list.
 */
export class Uploads {
  private list: readonly Upload[] = [];
  private nextKey = 1;
  private readonly aborts = new Map<number, AbortController>();
  private readonly listeners = new Set<() => void>();
  /** Called when a document was added to the vector store; its promise delays the upload's leaving the list. */
  onAttached: () => Promise<unknown> = () => Promise.resolve();

  readonly all = (): readonly Upload[] => this.list;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A file larger than the server takes fails here, before it is sent in vain. */
  add(files: readonly File[], vectorStoreId: string, maxBytes: number): void {
    const added = files.map((file): Upload => {
      const tooLarge = file.size > maxBytes;
      return {
        key: this.nextKey++,
        file,
        vectorStoreId,
        state: tooLarge ? "failed" : "waiting",
        progress: 0,
        error: tooLarge ? new ApiError(413, "too_large", "") : undefined,
      };
    });
    this.change([...added, ...this.list]);
    this.startWaiting();
  }

  /** Cancels what is under way, and takes it off the list. */
  remove(key: number): void {
    this.aborts.get(key)?.abort();
    this.change(this.list.filter((upload) => upload.key !== key));
    this.startWaiting();
  }

  retry(key: number): void {
    this.update(key, { state: "waiting", progress: 0, error: undefined });
    this.startWaiting();
  }

  private startWaiting(): void {
    const waiting = this.list.filter(({ state }) => state === "waiting");
    // The list is newest first; the oldest goes first.
    for (const upload of waiting.reverse()) {
      if (this.aborts.size >= PARALLEL_UPLOADS) return;
      void this.run(upload);
    }
  }

  private async run({ key, file, vectorStoreId }: Upload): Promise<void> {
    const abort = new AbortController();
    this.aborts.set(key, abort);
    this.update(key, { state: "uploading" });
    try {
      const uploaded = await uploadFile(
        file,
        (progress) => this.update(key, { progress }),
        abort.signal,
      );
      if (abort.signal.aborted) await deleteFile(uploaded.id);
      else await attachFile(vectorStoreId, uploaded.id);
      await this.onAttached();
      this.change(this.list.filter((upload) => upload.key !== key));
    } catch (error) {
      if (!isAbort(error)) this.update(key, { state: "failed", error });
    } finally {
      this.aborts.delete(key);
      this.startWaiting();
    }
  }

  private update(key: number, changed: Partial<Upload>): void {
    this.change(
      this.list.map((upload) => (upload.key === key ? { ...upload, ...changed } : upload)),
    );
  }

  private change(next: readonly Upload[]): void {
    this.list = next;
    this.listeners.forEach((listener) => listener());
  }
}

export const uploads = new Uploads();

export function useUploads(): readonly Upload[] {
  return useSyncExternalStore(uploads.subscribe, uploads.all);
}
