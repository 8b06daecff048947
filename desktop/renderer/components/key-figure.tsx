import type { ReactNode } from 'react'
import { Skeleton } from './skeleton.tsx'
import './key-figure.css'

/** A figure that matters, its name above it and what it means below. */
export function KeyFigure({
  name,
  value,
  note,
  tone,
}: {
  name: string
  value: ReactNode
  note?: ReactNode
  tone?: 'error' | 'warning' | undefined
}) {
  return (
    <div className={tone ? `key-figure ${tone}` : 'key-figure'}>
      <span className="key-name">{name}</span>
      <span className="key-value">{value ?? <Skeleton width={72} height={20} />}</span>
      <span className="key-note clip">{note}</span>
    </div>
  )
}
