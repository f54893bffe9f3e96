import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
} from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

import { Button } from "@/components/ui/button";
import { ChatPage } from "@/features/chat/components/chat-page";

import { AppShell } from "./app-shell";

const rootRoute = createRootRoute({
  component: AppShell,
  notFoundComponent: NotFound,
  errorComponent: Crashed,
});

const newChatRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  component: ChatPage,
});

const conversationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/c/$conversationId",
  component: function Conversation() {
    const { conversationId } = conversationRoute.useParams();
    // A conversation of its own for each id: an open source or a sending error is not carried over.
    return <ChatPage key={conversationId} conversationId={conversationId} />;
  },
});

const documentsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/documents",
  component: lazyRouteComponent(
    () => import("@/features/documents/components/documents-page"),
    "DocumentsPage",
  ),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([newChatRoute, conversationRoute, documentsRoute]),
  defaultPreload: "intent",
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

function NotFound() {
  const { t } = useTranslation();
  return (
    <div className="flex h-full flex-col items-center justify-center gap-4 p-6 text-center">
      <h1 className="text-lg font-semibold">{t("app.notFound")}</h1>
      <Button asChild>
        <Link to="/">{t("app.backToChat")}</Link>
      </Button>
    </div>
  );
}

function Crashed() {
  const { t } = useTranslation();
  return (
    <div role="alert" className="flex h-full flex-col items-center justify-center gap-4 p-6">
      <p>{t("app.crashed")}</p>
      <Button onClick={() => window.location.reload()}>{t("app.reload")}</Button>
    </div>
  );
}
