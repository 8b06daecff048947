import { formatExact, humanize } from '../../data/format.ts'
import './counts.css'

const bad = new Set(['rejected', 'failed', 'errors'])

/** What a run or a step counted, most of it on one line. */
export function Counts({ counts }: { counts: Record<string, number> }) {
  const entries = Object.entries(counts)
  return (
    <span className="counts clip" title={entries.map(([name, count]) => `${formatExact(count)} ${humanize(name, count)}`).join(', ')}>
      {entries.map(([name, count]) => (
        <span key={name} className={bad.has(name) && count > 0 ? 'bad' : undefined}>
          <b>{formatExact(count)}</b> {humanize(name, count)}
        </span>
      ))}
    </span>
  )
}
