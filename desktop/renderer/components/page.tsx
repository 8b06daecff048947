import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'
import './detail.css'
import './page.css'

interface PageProps {
  title: string
  /** The screen this page belongs to, as a way back. */
  parent?: { title: string; href: string }
  /** Beside the title: a badge, a count. */
  aside?: ReactNode
  actions?: ReactNode
  /** `fill`: the page scrolls inside its own parts. */
  fill?: boolean
  children: ReactNode
}

/** The frame of a screen: a header that stays and a body that scrolls. */
export function Page({ title, parent, aside, actions, fill = false, children }: PageProps) {
  return (
    <section className="page" aria-label={title}>
      <header className="page-header">
        {parent && (
          <>
            <a className="page-parent" href={parent.href}>
              {parent.title}
            </a>
            <ChevronRight size={14} className="faint" aria-hidden />
          </>
        )}
        <h1 className="clip" title={title}>
          {title}
        </h1>
        {aside}
        <div className="page-actions">{actions}</div>
      </header>
      <div className={fill ? 'page-body fill' : 'page-body'}>{children}</div>
    </section>
  )
}

/** A titled box. */
export function Panel({
  title,
  aside,
  children,
  flush = false,
}: {
  title?: string
  aside?: ReactNode
  children: ReactNode
  flush?: boolean
}) {
  return (
    <section className="panel" aria-label={title}>
      {title && (
        <header className="panel-header">
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      <div className={flush ? 'panel-body flush' : 'panel-body'}>{children}</div>
    </section>
  )
}

/** Names and values, one a line. */
export function Facts({ items }: { items: [name: string, value: ReactNode][] }) {
  return (
    <dl className="facts">
      {items.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
