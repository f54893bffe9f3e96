import { useSyncExternalStore } from "react";

import { deleteConversation } from "../api/conversations";

/** How long a deletion can be undone: as long as its toast is shown. */
const UNDO_MILLIS = 6_000;

const timers = new Map<string, ReturnType<typeof setTimeout>>();
const listeners = new Set<() => void>();
let hidden: ReadonlySet<string> = new Set();

function change(next: ReadonlySet<string>): void {
  hidden = next;
  listeners.forEach((listener) => listener());
}

function show(id: string): void {
  change(new Set([...hidden].filter((other) => other !== id)));
}

/** Hides a conversation at once and deletes it when the time for undoing is over, or the page is left. */
export function deleteSoon(id: string, onDone: (error?: unknown) => void): void {
  change(new Set([...hidden, id]));
  const run = () => {
    timers.delete(id);
    deleteConversation(id).then(
      () => onDone(),
      (error: unknown) => {
        show(id);
        onDone(error);
      },
    );
  };
  timers.set(id, setTimeout(run, UNDO_MILLIS));
}

export function undoDelete(id: string): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  show(id);
}

/** Ids of conversations that are deleted as far as the person can see. */
export function useHiddenConversations(): ReadonlySet<string> {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => hidden,
  );
}

window.addEventListener("pagehide", () => {
  for (const [id, timer] of timers) {
    clearTimeout(timer);
    void deleteConversation(id).catch(() => undefined);
  }
  timers.clear();
});
