/** The product's mark: water over a mill's race. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="var(--accent-solid)" />
      <g fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round">
        <path d="M6 11.500c3.300-3 6.700-3 10 0s6.700 3 10 0" />
        <path d="M6 16.500c3.300-3 6.700-3 10 0s6.700 3 10 0" opacity=".75" />
        <path d="M6 21.500c3.300-3 6.700-3 10 0s6.700 3 10 0" opacity=".45" />
      </g>
    </svg>
  )
}
