import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { type SystemState, systemQuery } from "@/api/system";
import { Notice } from "@/components/ui/notice";
import { Spinner } from "@/components/ui/spinner";
import { classNames } from "@/lib/class-names";

type State = SystemState["model"]["status"] | "unknown" | "offline";

function useModelState(): { state: State; system: SystemState | undefined } {
  const { data, isError } = useQuery(systemQuery);
  if (isError) return { state: "offline", system: data };
  return { state: data?.model.status ?? "unknown", system: data };
}

const dots: Record<State, string> = {
  ready: "bg-success",
  loading: "bg-warning animate-[breathe_1.4s_ease-in-out_infinite]",
  none: "bg-danger",
  failed: "bg-danger",
  offline: "bg-danger",
  unknown: "bg-muted-foreground",
};

/** The model's name and whether it can answer. */
export function ModelChip() {
  const { t } = useTranslation();
  const { state, system } = useModelState();
  const name = system?.model.id ?? t("model.noName");
  return (
    <span
      data-slot="model"
      data-state={state}
      title={t("model.label", { name, state: t(`model.${state}`) })}
      className="inline-flex max-w-[45%] min-w-0 items-center gap-2 rounded-full border px-3 py-1 text-[0.8125rem]"
    >
      <span className={classNames("size-2 shrink-0 rounded-full", dots[state])} />
      <span className="min-w-0 truncate">{name}</span>
      <span className={state === "ready" ? "sr-only" : "shrink-0 text-muted-foreground"}>
        {t(`model.${state}`)}
      </span>
    </span>
  );
}

/** What stands between the person and an answer, and what to do about it. Nothing when the model is ready. */
export function ModelBanner() {
  const { t } = useTranslation();
  const { state, system } = useModelState();
  const message = system?.model.message;
  switch (state) {
    case "ready":
    case "unknown":
      return null;
    case "loading":
      return (
        <Notice kind="info" action={<Spinner className="text-current" />}>
          {t("model.loadingBanner")}
        </Notice>
      );
    case "none":
      return (
        <Notice kind="warning">
          <strong className="font-semibold">{t("model.noneBanner")}</strong> {t("model.noneAction")}
        </Notice>
      );
    case "failed":
      return (
        <Notice kind="danger">
          <strong className="font-semibold">{t("model.failedBanner")}</strong> {message}{" "}
          {t("model.failedAction")}
        </Notice>
      );
    case "offline":
      return <Notice kind="danger">{t("model.offlineBanner")}</Notice>;
  }
}
