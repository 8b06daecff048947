import { Square } from 'lucide-react'
import type { Run } from '#core/host/contract.ts'
import { RunBadge } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { formatDuration } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { useCancelRun } from '../../data/run-job.ts'
import { href } from '../../shell/route.ts'
import { Counts } from '../runs/counts.tsx'

/** A run that goes on, as it goes. */
export function LiveRun({ run }: { run: Run }) {
  const now = useNow()
  const cancel = useCancelRun()
  const { data } = useCall('run.get', { runId: run.id }, { refetchInterval: 1000 })
  const step = data?.steps.findLast((each) => each.status === 'running') ?? data?.steps.at(-1)
  return (
    <section className="live-run" aria-label="Run in progress" aria-live="polite">
      <RunBadge status={run.status} />
      <span>{step?.name ?? 'Waiting for its turn'}</span>
      <Counts counts={data?.run.counts ?? run.counts} />
      <span className="faint live-run-time">{formatDuration(Math.max(0, now - run.startedAt))}</span>
      <a href={href('runs', run.id)}>Details</a>
      <Button small icon={Square} busy={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
        Cancel
      </Button>
      <span className="live-run-bar" aria-hidden />
    </section>
  )
}
