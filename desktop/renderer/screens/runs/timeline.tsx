import type { Run, Step } from '#core/host/contract.ts'
import { RunBadge } from '../../components/badge.tsx'
import { Prose } from '../../components/prose.tsx'
import { formatDuration } from '../../data/format.ts'
import { useNow } from '../../data/now.ts'
import { Counts } from './counts.tsx'

/** The steps of a run, each a bar from its beginning to its end on the run's own scale. */
export function Timeline({ run, steps }: { run: Run; steps: Step[] }) {
  const now = useNow()
  if (steps.length === 0)
    return <p className="detail-none">{run.status === 'queued' ? 'It waits for its turn.' : 'No step was recorded.'}</p>
  const end = run.endedAt ?? Math.max(now, ...steps.map((step) => step.endedAt ?? step.startedAt))
  const whole = Math.max(1, end - run.startedAt)
  return (
    <ol className="timeline">
      {steps.map((step) => {
        const from = ((step.startedAt - run.startedAt) / whole) * 100
        const took = (step.endedAt ?? Math.max(now, step.startedAt)) - step.startedAt
        return (
          <li key={step.id}>
            <div className="timeline-line">
              <span className="timeline-name clip" title={step.name}>
                {step.name}
              </span>
              <RunBadge status={step.status} />
              <span className="timeline-track" aria-hidden>
                <span
                  className={`timeline-bar ${step.status}`}
                  style={{ left: `${clamp(from)}%`, width: `${clamp((took / whole) * 100)}%` }}
                />
              </span>
              <span className="timeline-took">{formatDuration(took)}</span>
              <Counts counts={step.counts} />
            </div>
            {step.error && (
              <p className="timeline-error">
                <Prose text={step.error.message} />{' '}
                <span className="quiet">
                  <Prose text={step.error.mend ?? ''} />
                </span>
              </p>
            )}
          </li>
        )
      })}
    </ol>
  )
}

function clamp(percent: number): number {
  return Math.min(100, Math.max(0, percent))
}
