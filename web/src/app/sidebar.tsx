import { Link } from "@tanstack/react-router";
import { FileText, SquarePen } from "lucide-react";
import { useTranslation } from "react-i18next";

import { Logo } from "@/components/logo";
import { ConversationList } from "@/features/chat/components/conversation-list";
import { SettingsMenu } from "@/features/settings/components/settings-menu";

const entry =
  "flex h-9 items-center gap-2.5 rounded-lg px-2.5 text-sm transition-colors hover:bg-muted data-[status=active]:bg-muted data-[status=active]:font-medium [&_svg]:size-4 [&_svg]:text-muted-foreground";

export function Sidebar({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="flex h-full flex-col bg-sidebar">
      <nav aria-label={t("app.mainNavigation")} className="flex flex-col gap-px px-2 pb-2">
        <Link
          to="/"
          onClick={onNavigate}
          className="mb-0 flex h-14 shrink-0 items-center gap-2.5 self-start rounded-lg px-2.5 font-semibold tracking-tight"
        >
          <Logo className="size-6" /> {t("app.name")}
        </Link>
        <Link to="/" activeOptions={{ exact: true }} onClick={onNavigate} className={entry}>
          <SquarePen aria-hidden="true" /> {t("conversations.new")}
        </Link>
        <Link to="/documents" onClick={onNavigate} className={entry}>
          <FileText aria-hidden="true" /> {t("documents.title")}
        </Link>
      </nav>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <ConversationList onNavigate={onNavigate} />
      </div>
      <div className="shrink-0 border-t p-2">
        <SettingsMenu />
      </div>
    </div>
  );
}
