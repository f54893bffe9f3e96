import { useMutation, useQueryClient } from "@tanstack/react-query";

import { sendJson } from "@/api/client";
import { documentsQuery, type StoredDocument } from "@/api/documents";
import { ApiError } from "@/api/errors";

export function attachFile(vectorStoreId: string, fileId: string): Promise<StoredDocument> {
  return sendJson("POST", `/v1/vector_stores/${vectorStoreId}/files`, { file_id: fileId });
}

export function deleteFile(fileId: string): Promise<unknown> {
  return sendJson("DELETE", `/v1/files/${fileId}`);
}

/** Reads failed documents again. All are tried; the first refusal is thrown at the end. */
export function useRetryDocuments(vectorStoreId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (ids: readonly string[]) => {
      let refusal: unknown;
      for (const id of ids) {
        try {
          await sendJson("POST", `/api/vector_stores/${vectorStoreId}/files/${id}/retry`);
        } catch (error) {
          refusal ??= error;
        }
      }
      if (refusal) throw refusal as Error;
    },
    onSettled: () => client.invalidateQueries({ queryKey: documentsQuery(vectorStoreId).queryKey }),
  });
}

/** Takes a document out of the search, then erases its file. What is gone already counts as deleted. */
export function useDeleteDocument(vectorStoreId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (id: string) => {
      await unlessGone(sendJson("DELETE", `/v1/vector_stores/${vectorStoreId}/files/${id}`));
      await unlessGone(deleteFile(id));
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: documentsQuery(vectorStoreId).queryKey }),
        // An open passage of it must not be shown from memory.
        client.invalidateQueries({ queryKey: ["document-text"] }),
      ]),
  });
}

async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error;
  }
}
