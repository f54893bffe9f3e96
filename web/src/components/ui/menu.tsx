import { Check } from "lucide-react";
import { DropdownMenu as Primitive } from "radix-ui";
import type { ComponentProps } from "react";

import { classNames } from "@/lib/class-names";

export const MenuTrigger = Primitive.Trigger;
export const MenuRadioGroup = Primitive.RadioGroup;

/** Not modal: the modal form injects a style element, which the Content-Security-Policy forbids. */
export function Menu(props: ComponentProps<typeof Primitive.Root>) {
  return <Primitive.Root modal={false} {...props} />;
}

const item =
  "flex min-h-9 cursor-pointer items-center gap-2.5 rounded-md px-2.5 text-sm outline-none select-none data-highlighted:bg-muted [&_svg]:size-4";

export function MenuContent({ className, ...props }: ComponentProps<typeof Primitive.Content>) {
  return (
    <Primitive.Portal>
      <Primitive.Content
        data-slot="menu"
        sideOffset={6}
        collisionPadding={8}
        className={classNames(
          "z-50 min-w-44 rounded-xl border bg-surface p-1.5 shadow-float",
          className,
        )}
        {...props}
      />
    </Primitive.Portal>
  );
}

export function MenuItem({
  danger = false,
  className,
  ...props
}: ComponentProps<typeof Primitive.Item> & { danger?: boolean }) {
  return (
    <Primitive.Item
      className={classNames(
        item,
        danger && "text-danger data-highlighted:bg-danger-soft",
        className,
      )}
      {...props}
    />
  );
}

export function MenuRadioItem({ children, ...props }: ComponentProps<typeof Primitive.RadioItem>) {
  return (
    <Primitive.RadioItem className={item} {...props}>
      <span className="flex-1">{children}</span>
      <Primitive.ItemIndicator>
        <Check className="text-accent-text" aria-hidden="true" />
      </Primitive.ItemIndicator>
    </Primitive.RadioItem>
  );
}

export function MenuLabel(props: ComponentProps<typeof Primitive.Label>) {
  return (
    <Primitive.Label
      className="px-2.5 pt-2 pb-1 text-xs font-medium text-muted-foreground"
      {...props}
    />
  );
}

export function MenuSeparator() {
  return <Primitive.Separator className="my-1.5 h-px bg-border" />;
}
