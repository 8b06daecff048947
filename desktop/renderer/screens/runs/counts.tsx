import { formatExact, humanize } from '../../data/format.ts'
import './counts.css'

/** What nobody wants to see counted: first when there is some. */
const bad = new Set([
  'rejected',
  'failed',
  'errors',
  'row_errors',
  'rows_discarded',
  'values_discarded',
  'tests_failed',
  'skipped',
  'undelivered',
])

/** What most runs have none of, and is worth a word only when there is some. */
const rare = new Set([...bad, 'rows_deleted'])

/** The counts worth showing, trouble first. */
export function worthShowing(counts: Record<string, number>): [name: string, count: number][] {
  return Object.entries(counts)
    .filter(([name, count]) => count > 0 || !rare.has(name))
    .toSorted(([a], [b]) => Number(bad.has(b)) - Number(bad.has(a)))
}

export function isTrouble(name: string, count: number): boolean {
  return bad.has(name) && count > 0
}

/** What a run or a step counted, most of it on one line. */
export function Counts({ counts }: { counts: Record<string, number> }) {
  const entries = worthShowing(counts)
  return (
    <span className="counts clip" title={entries.map(([name, count]) => `${formatExact(count)} ${humanize(name, count)}`).join(', ')}>
      {entries.map(([name, count]) => (
        <span key={name} className={isTrouble(name, count) ? 'bad' : undefined}>
          <b>{formatExact(count)}</b> {humanize(name, count)}
        </span>
      ))}
    </span>
  )
}
