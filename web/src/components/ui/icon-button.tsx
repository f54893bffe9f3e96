import type { ComponentProps } from "react";

import { Button } from "./button";

type IconButtonProps = Omit<ComponentProps<typeof Button>, "aria-label" | "title"> & {
  /** Read aloud, and shown on hover. */
  label: string;
};

/** A button that is only a picture: it cannot be made without a name. */
export function IconButton({ label, look = "quiet", size = "icon", ...props }: IconButtonProps) {
  return <Button aria-label={label} title={label} look={look} size={size} {...props} />;
}
