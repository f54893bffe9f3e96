import { useTranslation } from "react-i18next";

export function UserMessage({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <article aria-label={t("chat.you")} className="flex justify-end ps-10 sm:ps-20">
      <p className="rounded-2xl rounded-ee-md bg-muted px-4 py-2.5 leading-relaxed whitespace-pre-wrap">
        {text}
      </p>
    </article>
  );
}
