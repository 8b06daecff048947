import { RunBadge } from '../../components/badge.tsx'
import { Panel } from '../../components/page.tsx'
import { formatAgo, formatDuration } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { describeJob } from '../../data/run-job.ts'
import { href } from '../../shell/route.ts'
import { Counts } from '../runs/counts.tsx'

/** The last few runs, under the loop. */
export function RecentRuns() {
  const now = useNow()
  const { data } = useCall('run.list', { limit: 200 })
  const runs = data?.runs.slice(0, 5) ?? []
  if (runs.length === 0) return null
  return (
    <Panel title="Last runs" aside={<a href={href('runs')}>All runs</a>} flush>
      <ul className="recent-runs">
        {runs.map((run) => (
          <li key={run.id}>
            <RunBadge status={run.status} />
            <a className="clip" href={href('runs', run.id)}>
              {describeJob(run.job)}
            </a>
            <Counts counts={run.counts} />
            <span className="faint">{run.endedAt === undefined ? '' : formatDuration(run.endedAt - run.startedAt)}</span>
            <span className="faint recent-runs-when">{formatAgo(run.startedAt, now)}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
