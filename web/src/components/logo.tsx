/** Three travellers over a dune. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={className} aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M3 24c5-7 9-7 13-3.5s8 3.5 13-2.5v5.5a3 3 0 0 1-3 3H6a3 3 0 0 1-3-3z"
        fill="var(--accent-foreground)"
        opacity="0.35"
      />
      <g fill="var(--accent-foreground)">
        <circle cx="9" cy="13.5" r="2.5" />
        <circle cx="16" cy="15.5" r="2.5" />
        <circle cx="23" cy="13" r="2.5" />
      </g>
    </svg>
  );
}
