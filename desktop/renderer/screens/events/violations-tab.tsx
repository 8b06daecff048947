import type { UseQueryResult } from '@tanstack/react-query'
import { ClipboardCheck } from 'lucide-react'
import type { MethodOutput } from '#core/host/contract.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { Badge } from '../../components/badge.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { formatMoment } from '../../data/format.ts'

type Violation = MethodOutput<'plan.violations'>['violations'][number]

const tones = { flag: 'warning', drop_property: 'warning', reject: 'error' } as const
const titles = { flag: 'flagged', drop_property: 'property dropped', reject: 'rejected' }

const columns: Column<Violation>[] = [
  { id: 'event', header: 'Event', width: 'minmax(100px, 1fr)', cell: (found) => found.event || found.type },
  { id: 'rule', header: 'Rule', width: '150px', cell: (found) => <code>{found.rule}</code> },
  { id: 'message', header: 'What is wrong', width: 'minmax(140px, 2fr)', cell: (found) => <span title={found.path}>{found.message}</span> },
  { id: 'action', header: 'Then', width: '130px', cell: (found) => <Badge tone={tones[found.action]}>{titles[found.action]}</Badge> },
  { id: 'events', header: 'Events', width: '70px', align: 'end', cell: (found) => found.events.toLocaleString('en-US') },
  { id: 'last', header: 'Last', width: '160px', cell: (found) => formatMoment(found.lastSeen) },
  {
    id: 'plan',
    header: 'Source, plan',
    width: 'minmax(120px, 0.8fr)',
    cell: (found) => (
      <span className="quiet">
        {found.source}, {found.plan}
      </span>
    ),
  },
]

/** Rules of tracking plans that events broke in the last days, the most frequent first. */
export function ViolationsTab({ query }: { query: UseQueryResult<MethodOutput<'plan.violations'>, MillraceError> }) {
  if (query.error && !query.data) {
    return (
      <div className="toolbar-notice">
        <ErrorNotice title="Violations cannot be read" error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  if (!query.data) return <SkeletonRows label="Loading violations" />
  return (
    <Table
      label="Violations of tracking plans by rule, most frequent first"
      columns={columns}
      rows={query.data.violations}
      rowKey={({ source, type, event, rule, path, action }) => [source, type, event, rule, path, action].join(' ')}
      empty={
        <EmptyState icon={ClipboardCheck} title="Nothing has broken a plan in the last 7 days">
          <p>
            A source that names a tracking plan has its events held against it. <code>millrace plan infer</code> writes one from the events
            that are here.
          </p>
        </EmptyState>
      }
    />
  )
}
