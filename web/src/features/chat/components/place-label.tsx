import { useTranslation } from "react-i18next";

import type { DocumentPlace } from "../api/types";

/** The page or the paragraph of a place, where the document has such. */
export function PlaceLabel({ place }: { place: Pick<DocumentPlace, "page" | "paragraph"> }) {
  const { t } = useTranslation();
  if (typeof place.page === "number") return <>{t("sources.page", { page: place.page })}</>;
  if (typeof place.paragraph === "number") {
    return <>{t("sources.paragraph", { paragraph: place.paragraph })}</>;
  }
  return null;
}
