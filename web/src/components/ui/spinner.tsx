import { LoaderCircle } from "lucide-react";

import { classNames } from "@/lib/class-names";

/** Shows that something is under way. The words for it belong beside it, in a status region. */
export function Spinner({ className }: { className?: string }) {
  return (
    <LoaderCircle
      aria-hidden="true"
      className={classNames("size-4 animate-spin text-muted-foreground", className)}
    />
  );
}
