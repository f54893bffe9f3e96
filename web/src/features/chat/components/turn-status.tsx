import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Turn } from "../lib/turns";

/** Tells a screen reader that an answer has begun and how it ended, and nothing in between. */
export function TurnStatus({ turn }: { turn: Turn | undefined }) {
  const { t } = useTranslation();
  const [phase, setPhase] = useState(turn?.phase);
  if (turn && turn.phase !== phase) setPhase(turn.phase);

  const sentences = {
    waiting: t("chat.statusStarted"),
    streaming: t("chat.statusStarted"),
    completed: t("chat.statusCompleted"),
    stopped: t("chat.statusStopped"),
    failed: t("chat.statusFailed"),
  };
  return (
    <p role="status" className="sr-only">
      {phase && sentences[phase]}
    </p>
  );
}
