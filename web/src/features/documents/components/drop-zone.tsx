import { FilePlus2 } from "lucide-react";
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "@/components/ui/button";
import { classNames } from "@/lib/class-names";
import { formatBytes } from "@/lib/format";

const ACCEPTED = ".pdf,.hwp,.hwpx,.docx,.html,.htm,.md,.markdown,.txt";

interface DropZoneProps {
  maxBytes: number | undefined;
  onFiles: (files: File[]) => void;
  /** Large where there is nothing else on the page yet. */
  isLarge: boolean;
}

/** Where files are dropped, with a button for those who do not drag. */
export function DropZone({ maxBytes, onFiles, isLarge }: DropZoneProps) {
  const { t, i18n } = useTranslation();
  const picker = useRef<HTMLInputElement>(null);
  const formats = t("documents.formats");
  return (
    <DropTarget onFiles={onFiles} isLarge={isLarge}>
      {(isOver) => (
        <>
          {isLarge && (
            <FilePlus2
              className="size-8 text-muted-foreground"
              strokeWidth={1.5}
              aria-hidden="true"
            />
          )}
          <div className={classNames("min-w-0", !isLarge && "flex-1 basis-64 text-start")}>
            {isLarge && <p className="mb-1 text-base font-medium">{t("documents.empty")}</p>}
            <p className={isLarge ? "text-sm" : "text-sm font-medium"}>
              {isOver ? t("documents.dropNow") : t("documents.drop")}
            </p>
            <p className="mt-0.5 text-[0.8125rem] text-muted-foreground">
              {maxBytes === undefined
                ? formats
                : t("documents.formatsLimit", {
                    formats,
                    size: formatBytes(maxBytes, i18n.language),
                  })}
            </p>
          </div>
          <Button look="primary" onClick={() => picker.current?.click()}>
            {isLarge ? t("documents.choose") : t("documents.add")}
          </Button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            accept={ACCEPTED}
            aria-label={t("documents.choose")}
            onChange={(event) => {
              onFiles([...(event.target.files ?? [])]);
              // So that the same file can be chosen again.
              event.target.value = "";
            }}
          />
        </>
      )}
    </DropTarget>
  );
}

interface DropTargetProps {
  onFiles: (files: File[]) => void;
  isLarge: boolean;
  children: (isOver: boolean) => ReactNode;
}

function DropTarget({ onFiles, isLarge, children }: DropTargetProps) {
  const [isOver, setOver] = useState(false);

  function onDragOver(event: DragEvent) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    setOver(true);
  }

  function onDragLeave(event: DragEvent<HTMLElement>) {
    // Moving on to a child also leaves: only what goes outside counts.
    if (!(
      event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget)
    )) {
      setOver(false);
    }
  }

  function onDrop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  }

  return (
    <div
      data-slot="drop-zone"
      onDragOver={onDragOver}
      onDragLeave={onDragLeave}
      onDrop={onDrop}
      className={classNames(
        "flex items-center rounded-2xl border-2 border-dashed transition-colors",
        isLarge ? "flex-col gap-4 px-6 py-16 text-center" : "flex-wrap gap-x-4 gap-y-3 px-5 py-4",
        isOver ? "border-accent bg-accent-soft" : "border-input-border",
      )}
    >
      {children(isOver)}
    </div>
  );
}
