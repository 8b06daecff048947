import type { UseQueryResult } from '@tanstack/react-query'
import { CircleCheck, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import { formatPlace, type MillraceError } from '#core/lib/error.ts'
import { Button } from '../../components/button.tsx'
import { JsonTree } from '../../components/json-tree.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { formatAgo, plural } from '../../data/format.ts'
import { useNow } from '../../data/now.ts'

type Row = MethodOutput<'sync.rejected'>['rows'][number]

interface RejectedRowsProps {
  query: UseQueryResult<MethodOutput<'sync.rejected'>, MillraceError>
  onRetry: () => void
  busy: boolean
}

/** Rows the tool refused, each with its own error. The next run tries them again. */
export function RejectedRows({ query, onRetry, busy }: RejectedRowsProps) {
  if (query.error && !query.data) {
    return (
      <div className="panel-body">
        <ErrorNotice title="Rejected rows cannot be read" error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  if (query.data === undefined) return <SkeletonRows rows={5} label="Loading rejected rows" />
  const { rows } = query.data
  if (rows.length === 0) {
    return (
      <EmptyState icon={CircleCheck} title="The tool refused nothing">
        <p>A row that the tool refuses is kept here with its error, and tried again on its own.</p>
      </EmptyState>
    )
  }
  return (
    <>
      <div className="rejected-bar">
        <span className="quiet">
          {plural(rows.length, 'row waits', 'rows wait')} for the next run, which tries again whether anything changed or not.
        </span>
        <Button small icon={RotateCcw} busy={busy} onClick={onRetry}>
          Retry now
        </Button>
      </div>
      <ul className="rejected-rows">
        {rows.map((row) => (
          <Rejected key={`${row.operation} ${row.key}`} row={row} />
        ))}
      </ul>
    </>
  )
}

function Rejected({ row }: { row: Row }) {
  const now = useNow()
  const [open, setOpen] = useState(false)
  return (
    <li>
      <button type="button" className="rejected-row" aria-expanded={open} onClick={() => setOpen(!open)}>
        <code className="clip">{row.key}</code>
        <span className="faint">{row.operation}</span>
        <span className="rejected-message clip" title={row.error.message}>
          {row.error.at && !row.error.message.startsWith(formatPlace(row.error.at)) && <code>{formatPlace(row.error.at)} </code>}
          {row.error.message}
        </span>
        <span className="faint">{plural(row.attempts, 'try', 'tries')}</span>
        <span className="faint">{formatAgo(row.rejectedAt, now)}</span>
      </button>
      {open && (
        <div className="rejected-detail">
          <ErrorNotice error={row.error} />
          <div>
            <h4>What was sent</h4>
            <JsonTree value={row.fields} openTo={3} />
          </div>
        </div>
      )}
    </li>
  )
}
