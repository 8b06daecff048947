import { History } from 'lucide-react'
import type { Run } from '#core/host/contract.ts'
import { RunBadge } from '../../components/badge.tsx'
import { EmptyState } from '../../components/notice.tsx'
import { formatAgo, formatDuration } from '../../data/format.ts'
import { useNow } from '../../data/now.ts'
import { href } from '../../shell/route.ts'
import { Counts } from '../runs/counts.tsx'

/** The last runs of one job. */
export function RunsOf({ runs }: { runs: Run[] }) {
  const now = useNow()
  if (runs.length === 0) {
    return (
      <EmptyState icon={History} title="It has not run yet">
        <p>Runs started here, by its schedule or by the command all show in this list.</p>
      </EmptyState>
    )
  }
  return (
    <ul className="runs-of">
      {runs.slice(0, 50).map((run) => (
        <li key={run.id}>
          <RunBadge status={run.status} />
          <a href={href('runs', run.id)}>{formatAgo(run.startedAt, now)}</a>
          <Counts counts={run.counts} />
          <span className="faint">{run.trigger}</span>
          <span className="faint">{run.endedAt === undefined ? '' : formatDuration(run.endedAt - run.startedAt)}</span>
        </li>
      ))}
    </ul>
  )
}
