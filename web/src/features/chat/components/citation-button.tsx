import { HoverCard } from "radix-ui";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Annotation } from "../api/types";
import { PlaceLabel } from "./place-label";

interface CitationButtonProps {
  annotation: Annotation;
  onOpen: (annotation: Annotation) => void;
}

/** The [n] behind a cited span. Hover or focus shows the quote, a click opens it in its document. */
export function CitationButton({ annotation, onOpen }: CitationButtonProps) {
  const { t } = useTranslation();
  const { index, filename, quote } = annotation;
  const [isShown, setShown] = useState(false);
  // Once the source is open the card has nothing to add, until the person comes to the button anew. Leaving is too
  // early to forget this: a card that was about to open when the button was pressed still asks to.
  const isOpened = useRef(false);
  const comeBack = () => {
    isOpened.current = false;
  };
  return (
    <HoverCard.Root
      open={isShown}
      onOpenChange={(open) => setShown(open && !isOpened.current)}
      openDelay={150}
      closeDelay={100}
    >
      <HoverCard.Trigger asChild>
        <button
          type="button"
          data-slot="citation"
          aria-label={t("sources.open", { index, name: filename })}
          className="relative mx-0.5 inline-flex h-[1.35em] min-w-[1.35em] -translate-y-[0.2em] items-center justify-center rounded-md bg-accent-soft px-1 text-[0.72em] leading-none font-semibold text-accent-text transition-colors after:absolute after:-inset-1.5 hover:bg-accent hover:text-accent-foreground"
          onPointerEnter={comeBack}
          onFocus={(event) => event.currentTarget.matches(":focus-visible") && comeBack()}
          onClick={() => {
            isOpened.current = true;
            setShown(false);
            onOpen(annotation);
          }}
        >
          {index}
        </button>
      </HoverCard.Trigger>
      <HoverCard.Portal>
        <HoverCard.Content
          side="top"
          sideOffset={6}
          collisionPadding={12}
          className="z-50 w-80 max-w-[calc(100vw-1.5rem)] rounded-xl border bg-surface p-3.5 text-sm shadow-float"
        >
          <p className="flex gap-2 font-medium">
            <span className="min-w-0 flex-1 truncate">{filename}</span>
            <span className="shrink-0 font-normal text-muted-foreground">
              <PlaceLabel place={annotation} />
            </span>
          </p>
          <p className="mt-1.5 line-clamp-5 text-muted-foreground">{quote}</p>
        </HoverCard.Content>
      </HoverCard.Portal>
    </HoverCard.Root>
  );
}
