import { type KeyboardEvent, useId } from "react";

import { Dialog, DialogContent, DialogTitle } from "@/components/ui/dialog";
import { useMediaQuery } from "@/lib/use-media-query";

import type { OpenedSource } from "../lib/opened-source";
import { SourcePanel } from "./source-panel";

interface SourceSideProps {
  opened: OpenedSource | undefined;
  onClose: () => void;
}

/** The source panel beside the chat where there is room for it, else in a sheet over the chat. */
export function SourceSide({ opened, onClose }: SourceSideProps) {
  const titleId = useId();
  const hasRoom = useMediaQuery("(min-width: 64rem)");
  if (!opened) return null;

  if (!hasRoom) {
    return (
      <Dialog open onOpenChange={(open) => !open && onClose()}>
        <DialogContent place="bottom" aria-describedby={undefined}>
          <DialogTitle className="sr-only">{opened.filename}</DialogTitle>
          <SourcePanel opened={opened} onClose={onClose} titleId={titleId} />
        </DialogContent>
      </Dialog>
    );
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    onClose();
  }

  return (
    <aside
      aria-labelledby={titleId}
      data-slot="source-panel"
      onKeyDown={onKeyDown}
      className="w-[clamp(22rem,34vw,34rem)] shrink-0 animate-[appear_.15s_ease-out] border-s bg-surface"
    >
      <SourcePanel opened={opened} onClose={onClose} titleId={titleId} />
    </aside>
  );
}
