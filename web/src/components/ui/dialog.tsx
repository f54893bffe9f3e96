import { Dialog as Primitive } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

import { classNames } from "@/lib/class-names";

export const Dialog = Primitive.Root;
export const DialogTitle = Primitive.Title;
export const DialogDescription = Primitive.Description;
export const DialogClose = Primitive.Close;

const places = {
  center:
    "inset-x-4 top-1/2 mx-auto max-h-[85dvh] max-w-md -translate-y-1/2 overflow-y-auto rounded-2xl p-6",
  start: "inset-y-0 start-0 w-[min(19rem,85vw)] animate-[slide-from-start_.18s_ease-out]",
  bottom:
    "inset-x-0 bottom-0 h-[85dvh] rounded-t-2xl overflow-hidden animate-[slide-from-bottom_.2s_ease-out]",
};

type DialogContentProps = ComponentProps<typeof Primitive.Content> & {
  place?: keyof typeof places;
  children: ReactNode;
};

/**
 * A modal window or sheet. Radix's own overlay is left out on purpose: it injects a style element, which the
 * Content-Security-Policy forbids; the page itself does not scroll, so there is nothing for it to lock.
 */
export function DialogContent({ place = "center", className, ...props }: DialogContentProps) {
  return (
    <Primitive.Portal>
      <div className="fixed inset-0 z-40 bg-backdrop" aria-hidden="true" />
      <Primitive.Content
        data-slot="dialog"
        className={classNames(
          "fixed z-50 bg-surface shadow-float outline-none",
          places[place],
          className,
        )}
        {...props}
      />
    </Primitive.Portal>
  );
}
