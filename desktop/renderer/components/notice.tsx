import { CircleAlert, Info, type LucideIcon, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { type ErrorData, formatPlace } from '#core/lib/error.ts'
import { Button } from './button.tsx'
import { Prose } from './prose.tsx'
import './notice.css'

/** A failure as a person needs it: what happened, its code, where, and what mends it. */
export function ErrorNotice({
  error,
  title,
  onRetry,
  tone = 'error',
  children,
}: {
  error: ErrorData
  title?: string
  onRetry?: () => void
  tone?: 'error' | 'warning'
  children?: ReactNode
}) {
  const Icon = tone === 'error' ? CircleAlert : TriangleAlert
  const where = error.at ? formatPlace(error.at) : ''
  return (
    <div className={`notice ${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
      <Icon size={16} aria-hidden className="notice-icon" />
      <div className="notice-body">
        {title && <strong>{title}</strong>}
        <p className="notice-message">
          <Prose text={error.message} />
        </p>
        {error.mend && (
          <p className="notice-mend">
            <Prose text={error.mend} />
          </p>
        )}
        <p className="notice-facts">
          <code>{error.code}</code>
          {where && <code>{where}</code>}
        </p>
        {children}
      </div>
      {onRetry && (
        <Button small onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  )
}

/** Nothing to show: what would be here, and the command or file that brings it. */
export function EmptyState({
  icon: Icon = Info,
  title,
  children,
  action,
}: {
  icon?: LucideIcon
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="empty-state">
      <span className="empty-icon">
        <Icon size={20} aria-hidden />
      </span>
      <h2>{title}</h2>
      <div className="empty-text">{children}</div>
      {action}
    </div>
  )
}
