import { CircleAlert, Info } from "lucide-react";
import type { ReactNode } from "react";

import { classNames } from "@/lib/class-names";

interface NoticeProps {
  kind: "danger" | "warning" | "info";
  children: ReactNode;
  action?: ReactNode;
  className?: string;
}

const looks = {
  danger: "bg-danger-soft text-danger",
  warning: "bg-warning-soft text-warning",
  info: "bg-accent-soft text-accent-text",
};

/** A sentence that needs attention where it stands; a failure is announced at once. */
export function Notice({ kind, children, action, className }: NoticeProps) {
  const Icon = kind === "info" ? Info : CircleAlert;
  return (
    <div
      role={kind === "danger" ? "alert" : "status"}
      className={classNames(
        "flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl px-3.5 py-2.5 text-sm",
        looks[kind],
        className,
      )}
    >
      <Icon className="size-4 shrink-0" aria-hidden="true" />
      <div className="min-w-0 flex-1 basis-48">{children}</div>
      {action}
    </div>
  );
}
