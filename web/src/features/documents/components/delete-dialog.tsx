import { useTranslation } from "react-i18next";

import type { StoredDocument } from "@/api/documents";
import { useErrorSentence } from "@/api/errors";
import { showToast } from "@/components/toasts";
import { Button } from "@/components/ui/button";
import {
  Dialog,
  DialogClose,
  DialogContent,
  DialogDescription,
  DialogTitle,
} from "@/components/ui/dialog";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";
import { formatBytes } from "@/lib/format";

import { useDeleteDocument } from "../api/changes";

interface DeleteDialogProps {
  document: StoredDocument;
  vectorStoreId: string;
  onClose: () => void;
}

/** Asks before a document goes, and names what goes with it. */
export function DeleteDialog({ document, vectorStoreId, onClose }: DeleteDialogProps) {
  const { t, i18n } = useTranslation();
  const sentence = useErrorSentence();
  const deletion = useDeleteDocument(vectorStoreId);
  const name = document.filename;

  function confirm() {
    deletion.mutate(document.id, {
      onSuccess: () => {
        showToast(t("documents.deleted", { name }));
        onClose();
      },
    });
  }

  return (
    <Dialog open onOpenChange={(open) => !open && !deletion.isPending && onClose()}>
      <DialogContent>
        <DialogTitle className="text-lg font-semibold">{t("documents.deleteTitle")}</DialogTitle>
        <DialogDescription className="mt-2 text-sm text-muted-foreground">
          {t("documents.deleteText")}
        </DialogDescription>
        <ul className="mt-3 list-disc space-y-1 ps-5 text-sm">
          <li className="break-all">
            {t("documents.deleteFile", { name, size: formatBytes(document.bytes, i18n.language) })}
          </li>
          <li>{t("documents.deleteIndex")}</li>
        </ul>
        <p className="mt-3 text-sm text-muted-foreground">{t("documents.deleteKeeps")}</p>
        {deletion.isError && (
          <Notice kind="danger" className="mt-4">
            {t("documents.deleteFailed")} {sentence(deletion.error)}
          </Notice>
        )}
        <div className="mt-6 flex justify-end gap-2">
          <DialogClose asChild>
            <Button disabled={deletion.isPending}>{t("common.cancel")}</Button>
          </DialogClose>
          <Button look="danger" disabled={deletion.isPending} onClick={confirm}>
            {deletion.isPending && <Spinner className="text-current" />}
            {t("common.delete")}
          </Button>
        </div>
      </DialogContent>
    </Dialog>
  );
}
