import { useState } from "react";

function storedDraft(key: string): string {
  try {
    return sessionStorage.getItem(key) ?? "";
  } catch {
    return "";
  }
}

/** What is being written in a conversation, kept over a visit to another page and over a reload of this one. */
export function useDraft(conversationId: string | undefined) {
  const key = `caravan.draft.${conversationId ?? "new"}`;
  const [draft, setDraft] = useState(() => storedDraft(key));

  function changeDraft(text: string): void {
    setDraft(text);
    try {
      if (text) sessionStorage.setItem(key, text);
      else sessionStorage.removeItem(key);
    } catch {
      // Without storage the draft lasts as long as the page.
    }
  }

  return [draft, changeDraft] as const;
}
