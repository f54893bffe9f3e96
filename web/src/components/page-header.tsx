import type { ReactNode } from "react";

interface PageHeaderProps {
  title: string;
  side?: ReactNode;
}

/** The bar over a page: its title, and room at the start for the phone's menu button. */
export function PageHeader({ title, side }: PageHeaderProps) {
  return (
    <header className="flex h-14 shrink-0 items-center gap-3 border-b ps-14 pe-4 md:ps-6 md:pe-6">
      <h1 className="min-w-0 flex-1 truncate text-[0.9375rem] font-semibold">{title}</h1>
      {side}
    </header>
  );
}
