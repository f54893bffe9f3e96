import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import { IconButton } from "@/components/ui/icon-button";

interface ComposerProps {
  draft: string;
  onDraftChange: (draft: string) => void;
  onSend: (text: string) => void;
  onStop: () => void;
  isRunning: boolean;
  /** False while the model cannot answer: a question can be written, not sent. */
  canSend: boolean;
}

/** Where questions are written. Enter sends once, Shift+Enter starts a new line. */
export function Composer(props: ComposerProps) {
  const { draft, onDraftChange, onSend, onStop, isRunning, canSend } = props;
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const sendable = canSend && !isRunning && draft.trim() !== "";

  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [draft]);

  useEffect(() => {
    // On a touch screen focus would open the keyboard over the page.
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus();
  }, []);

  function send() {
    if (sendable) onSend(draft.trim());
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>) {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    send();
  }

  return (
    <form
      className="rounded-2xl border border-input-border bg-surface shadow-low transition-colors focus-within:border-accent"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className="flex items-end gap-2 p-2 ps-4">
        <textarea
          ref={field}
          rows={1}
          value={draft}
          aria-label={t("chat.message")}
          aria-describedby={hintId}
          placeholder={t("chat.placeholder")}
          className="max-h-48 min-h-9 flex-1 resize-none bg-transparent py-1.5 leading-6 outline-none placeholder:text-muted-foreground"
          onChange={(event) => onDraftChange(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {isRunning ? (
          <IconButton look="primary" label={t("chat.stop")} className="rounded-xl" onClick={onStop}>
            <Square className="fill-current" />
          </IconButton>
        ) : (
          <IconButton
            type="submit"
            look="primary"
            label={t("chat.send")}
            className="rounded-xl"
            disabled={!sendable}
          >
            <ArrowUp />
          </IconButton>
        )}
      </div>
      <p id={hintId} className="sr-only">
        {t("chat.hint")}
      </p>
    </form>
  );
}

/**
 * While a syllable is being composed, Enter only ends the composition. Safari ends it before it tells of the key, and
 * then only the old key code 229 says that the key belonged to the input method.
 */
function isComposing(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing newer tells this in Safari
  return event.nativeEvent.isComposing || event.keyCode === 229;
}
