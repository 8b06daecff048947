import type { UseQueryResult } from '@tanstack/react-query'
import { Check, Minus, Pencil, Plus, RotateCcw } from 'lucide-react'
import type { Plan } from '#core/host/contract.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { Badge, type Tone } from '../../components/badge.tsx'
import { ErrorNotice } from '../../components/notice.tsx'
import { RowDiff } from '../../components/row-diff.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { formatExact, plural } from '../../data/format.ts'

const counts = [
  { id: 'add', title: 'Add', icon: Plus, tone: 'ok' },
  { id: 'update', title: 'Update', icon: Pencil, tone: 'info' },
  { id: 'delete', title: 'Delete', icon: Minus, tone: 'error' },
  { id: 'retry', title: 'Retry', icon: RotateCcw, tone: 'warning' },
  { id: 'unchanged', title: 'Unchanged', icon: Check, tone: 'neutral' },
] as const

const operations: Record<Plan['samples'][number]['operation'], [string, Tone]> = {
  add: ['Add', 'ok'],
  update: ['Update', 'info'],
  delete: ['Delete', 'error'],
}

/** What a run would do now: the very steps it would execute. */
export function PlanView({ query }: { query: UseQueryResult<Plan, MillraceError> }) {
  const plan = query.data
  if (query.error && !plan) {
    return (
      <div className="panel-body">
        <ErrorNotice title="No plan could be made" error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  if (plan === undefined) return <SkeletonRows rows={7} label="Comparing with what the tool has acknowledged" />
  const work = plan.counts.add + plan.counts.update + plan.counts.delete + plan.counts.retry
  return (
    <div className="plan">
      {plan.blocked && <ErrorNotice tone="warning" title="A run would stop before it sends anything" error={plan.blocked} />}
      <ul className="plan-counts" aria-label="Rows by what would happen to them">
        {counts.map(({ id, title, icon: Icon, tone }) => (
          <li key={id} className={plan.counts[id] > 0 ? tone : 'none'}>
            <Icon size={14} aria-hidden />
            <strong>{formatExact(plan.counts[id])}</strong>
            <span>{title}</span>
          </li>
        ))}
      </ul>
      {work === 0 && !plan.blocked && <p className="quiet">The tool has everything: a run now would send nothing.</p>}
      {plan.steps.length > 0 && (
        <section>
          <h3>Steps</h3>
          <ol className="plan-steps">
            {plan.steps.map((step, index) => (
              <li key={`${step.kind} ${step.description}`}>
                <span className="plan-step-number">{index + 1}</span>
                <Badge tone={step.kind === 'delete' ? 'error' : step.kind === 'upsert' ? 'accent' : 'neutral'}>{step.kind}</Badge>
                <span>{step.description}</span>
                <span className="faint">
                  {plural(step.rows, 'row')}
                  {step.batches > 1 && `, ${plural(step.batches, 'batch', 'batches')}`}
                </span>
              </li>
            ))}
          </ol>
        </section>
      )}
      {plan.samples.length > 0 && (
        <section>
          <h3>
            Samples <span className="faint">what a few of the rows would become</span>
          </h3>
          <ul className="plan-samples">
            {plan.samples.map((sample) => (
              <li key={`${sample.operation} ${sample.key}`}>
                <header>
                  <Badge tone={operations[sample.operation][1]}>{operations[sample.operation][0]}</Badge>
                  <code>{sample.key}</code>
                </header>
                <RowDiff before={sample.before} after={sample.after} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  )
}
