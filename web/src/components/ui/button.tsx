import { cva, type VariantProps } from "class-variance-authority";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

import { classNames } from "@/lib/class-names";

const variants = cva(
  "inline-flex shrink-0 items-center justify-center gap-2 rounded-lg text-sm font-medium whitespace-nowrap transition-colors disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0",
  {
    variants: {
      look: {
        primary: "bg-accent text-accent-foreground hover:bg-accent-hover",
        outline: "border border-input-border bg-surface hover:bg-muted",
        quiet: "text-muted-foreground hover:bg-muted hover:text-foreground",
        danger: "bg-danger text-accent-foreground hover:bg-danger-hover",
      },
      size: {
        normal: "h-9 px-3.5",
        small: "h-8 px-2.5 text-[0.8125rem]",
        icon: "size-9",
        smallIcon: "size-8",
      },
    },
    defaultVariants: { look: "outline", size: "normal" },
  },
);

type ButtonProps = ComponentProps<"button"> & VariantProps<typeof variants> & { asChild?: boolean };

export function Button({ look, size, className, asChild = false, ...props }: ButtonProps) {
  const Element = asChild ? Slot.Root : "button";
  return (
    <Element
      data-slot="button"
      {...(asChild ? {} : { type: "button" })}
      className={classNames(variants({ look, size }), className)}
      {...props}
    />
  );
}
