import i18next from "i18next";
import { initReactI18next } from "react-i18next";

import { readPreference, writePreference } from "@/lib/preferences";

import { en } from "./en";
import { ko } from "./ko";

export const languages = ["ko", "en"] as const;
export type Language = (typeof languages)[number];

/** Each language's name for itself, as the switch shows it. */
export const languageNames: Record<Language, string> = { ko: "한국어", en: "English" };

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof ko };
  }
}

void i18next.use(initReactI18next).init({
  resources: { ko: { translation: ko }, en: { translation: en } },
  lng: readPreference("language", languages, "ko"),
  fallbackLng: "ko",
  interpolation: { escapeValue: false },
  initAsync: false,
});

i18next.on("languageChanged", (language) => (document.documentElement.lang = language));
document.documentElement.lang = i18next.language;

export function changeLanguage(language: Language): void {
  writePreference("language", language);
  void i18next.changeLanguage(language);
}

export default i18next;
