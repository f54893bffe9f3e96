import { X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "./ui/button";
import { IconButton } from "./ui/icon-button";

interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void } | undefined;
}

const SHOWN_MILLIS = 6_000;
const listeners = new Set<() => void>();
let toasts: readonly Toast[] = [];
let nextId = 1;

function change(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}

function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

/** Shows a sentence for six seconds, with something that can be done about it. */
export function showToast(text: string, action?: Toast["action"]): void {
  const id = nextId++;
  change([...toasts, { id, text, action }]);
  setTimeout(() => dismiss(id), SHOWN_MILLIS);
}

function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}

/** The place where toasts appear: always in the page, so that screen readers hear the first one too. */
export function Toasts() {
  const { t } = useTranslation();
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-4 bottom-28 z-50 flex flex-col items-center gap-2"
    >
      {useToasts().map((toast) => (
        <div
          key={toast.id}
          className="pointer-events-auto flex animate-[appear_.15s_ease-out] items-center gap-2 rounded-xl bg-foreground py-2 ps-4 pe-2 text-sm text-background shadow-float"
        >
          <span>{toast.text}</span>
          {toast.action && (
            <Button
              size="small"
              className="border-0 bg-transparent text-background underline underline-offset-4 hover:bg-transparent"
              onClick={() => {
                toast.action?.run();
                dismiss(toast.id);
              }}
            >
              {toast.action.label}
            </Button>
          )}
          <IconButton
            label={t("common.close")}
            size="smallIcon"
            className="text-background hover:bg-transparent hover:text-background"
            onClick={() => dismiss(toast.id)}
          >
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
