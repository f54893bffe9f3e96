import { useQuery } from "@tanstack/react-query";
import { Settings } from "lucide-react";
import { useTranslation } from "react-i18next";

import { systemQuery } from "@/api/system";
import { Button } from "@/components/ui/button";
import {
  Menu,
  MenuContent,
  MenuLabel,
  MenuRadioGroup,
  MenuRadioItem,
  MenuSeparator,
  MenuTrigger,
} from "@/components/ui/menu";
import { changeLanguage, languageNames, languages } from "@/i18n";
import { chooseTheme, themes, useTheme } from "@/lib/theme";

/** Language and theme, and which version this is. */
export function SettingsMenu() {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  const { data: system } = useQuery(systemQuery);
  return (
    <Menu>
      <MenuTrigger asChild>
        <Button look="quiet" className="w-full justify-start px-2.5">
          <Settings aria-hidden="true" /> {t("settings.title")}
        </Button>
      </MenuTrigger>
      <MenuContent align="start" side="top" className="w-60">
        <MenuLabel>{t("settings.language")}</MenuLabel>
        <MenuRadioGroup value={i18n.language}>
          {languages.map((language) => (
            <MenuRadioItem
              key={language}
              value={language}
              lang={language}
              onSelect={() => changeLanguage(language)}
            >
              {languageNames[language]}
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
        <MenuSeparator />
        <MenuLabel>{t("settings.theme")}</MenuLabel>
        <MenuRadioGroup value={theme}>
          {themes.map((choice) => (
            <MenuRadioItem key={choice} value={choice} onSelect={() => chooseTheme(choice)}>
              {t(`settings.${choice}`)}
            </MenuRadioItem>
          ))}
        </MenuRadioGroup>
        {system && (
          <>
            <MenuSeparator />
            <MenuLabel>{t("settings.version", { version: system.version })}</MenuLabel>
          </>
        )}
      </MenuContent>
    </Menu>
  );
}
