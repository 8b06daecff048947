import type { ReactNode } from 'react'
import { Skeleton } from './skeleton.tsx'
import './key-figure.css'

interface KeyFigureProps {
  name: string
  /** Undefined while it is not known yet. */
  value: ReactNode
  unit?: string
  note?: ReactNode
  tone?: 'error' | 'warning' | undefined
  /** It cannot be known: a dash in place of the wait. */
  failed?: boolean
}

/** A figure that matters, its name above it and what it means below. */
export function KeyFigure({ name, value, unit, note, tone, failed = false }: KeyFigureProps) {
  return (
    <div className={tone ? `key-figure ${tone}` : 'key-figure'}>
      <span className="key-name">{name}</span>
      <span className="key-value">
        {value ?? (failed ? '–' : <Skeleton width={72} height={20} />)}
        {unit && value !== undefined && <small>{unit}</small>}
      </span>
      <span className="key-note clip">{note}</span>
    </div>
  )
}
