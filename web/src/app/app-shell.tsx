import { Outlet } from "@tanstack/react-router";
import { Menu } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Toasts } from "@/components/toasts";
import { Dialog, DialogContent, DialogTitle } from "@/components/ui/dialog";
import { IconButton } from "@/components/ui/icon-button";
import { useMediaQuery } from "@/lib/use-media-query";

import { Sidebar } from "./sidebar";

/** The frame around every page: the sidebar beside it, or on a phone behind a menu button. */
export function AppShell() {
  const { t } = useTranslation();
  const hasRoom = useMediaQuery("(min-width: 48rem)");
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);

  return (
    <div className="flex h-dvh overflow-hidden">
      <a
        href="#content"
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-accent-foreground focus:not-sr-only focus:fixed focus:start-3 focus:top-3"
      >
        {t("app.skipToContent")}
      </a>
      {hasRoom ? (
        <div className="w-68 shrink-0 border-e">
          <Sidebar onNavigate={close} />
        </div>
      ) : (
        <>
          <IconButton
            label={t("app.openMenu")}
            className="fixed start-2.5 top-2.5 z-30"
            aria-expanded={isOpen}
            onClick={() => setOpen(true)}
          >
            <Menu />
          </IconButton>
          <Dialog open={isOpen} onOpenChange={setOpen}>
            <DialogContent place="start" aria-describedby={undefined}>
              <DialogTitle className="sr-only">{t("app.mainNavigation")}</DialogTitle>
              <Sidebar onNavigate={close} />
            </DialogContent>
          </Dialog>
        </>
      )}
      <main id="content" tabIndex={-1} className="min-w-0 flex-1 outline-none">
        <Outlet />
      </main>
      <Toasts />
    </div>
  );
}
