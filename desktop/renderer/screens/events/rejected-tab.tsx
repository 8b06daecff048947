import type { UseQueryResult } from '@tanstack/react-query'
import { CircleCheck } from 'lucide-react'
import { useState } from 'react'
import type { MethodOutput } from '#core/host/contract.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { Badge } from '../../components/badge.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Drawer } from '../../components/drawer.tsx'
import { JsonTree } from '../../components/json-tree.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Facts } from '../../components/page.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { formatMoment } from '../../data/format.ts'

type Rejected = MethodOutput<'event.rejected'>['events'][number]

const columns: Column<Rejected>[] = [
  { id: 'time', header: 'Received', width: '168px', cell: (event) => formatMoment(event.receivedAt) },
  { id: 'reason', header: 'Reason', width: '150px', cell: (event) => <Badge tone="error">{event.reason}</Badge> },
  { id: 'path', header: 'Field', width: 'minmax(90px, 0.8fr)', cell: (event) => <code title={event.path}>{event.path}</code> },
  {
    id: 'message',
    header: 'What was wrong',
    width: 'minmax(180px, 2fr)',
    cell: (event) => <span title={event.message}>{event.message}</span>,
  },
  { id: 'source', header: 'Source', width: 'minmax(80px, 0.6fr)', cell: (event) => <span className="quiet">{event.source}</span> },
  { id: 'payload', header: 'Payload', width: 'minmax(120px, 1.4fr)', cell: (event) => <span className="mono faint">{event.payload}</span> },
]

/** Events that were not taken, each with the reason, so that nothing is lost in silence. */
export function RejectedTab({ query }: { query: UseQueryResult<MethodOutput<'event.rejected'>, MillraceError> }) {
  const [selected, setSelected] = useState<Rejected | undefined>()
  if (query.error && !query.data) {
    return (
      <div className="toolbar-notice">
        <ErrorNotice title="Rejected events cannot be read" error={query.error} onRetry={() => void query.refetch()} />
      </div>
    )
  }
  if (!query.data) return <SkeletonRows label="Loading rejected events" />
  return (
    <div className="with-drawer">
      <Table
        label="Rejected events, newest first"
        columns={columns}
        rows={query.data.events}
        rowKey={keyOf}
        onOpen={setSelected}
        selected={selected && keyOf(selected)}
        empty={
          <EmptyState icon={CircleCheck} title="Nothing has been rejected">
            <p>
              An event that is not valid is kept in <code>events.rejected</code> with the reason and its whole payload, and shows here.
            </p>
          </EmptyState>
        }
      />
      {selected && (
        <Drawer key={keyOf(selected)} title={selected.message} onClose={() => setSelected(undefined)}>
          <Facts
            items={[
              ['Reason', <code key="reason">{selected.reason}</code>],
              ['Field', <code key="path">{selected.path || 'the event itself'}</code>],
              ['Source', selected.source],
              ['Received', formatMoment(selected.receivedAt)],
            ]}
          />
          <div>
            <div className="event-detail-top">
              <strong>Payload</strong>
              <CopyButton text={selected.payload} label="Copy the payload" />
            </div>
            <Payload text={selected.payload} />
          </div>
        </Drawer>
      )}
    </div>
  )
}

function keyOf(event: Rejected): string {
  return `${event.receivedAt} ${event.source} ${event.path} ${event.payload.slice(0, 80)}`
}

/** As a tree when it is JSON; a payload that was cut off or never was JSON as it came. */
function Payload({ text }: { text: string }) {
  const json = parse(text)
  return json === undefined ? <pre className="raw-text">{text}</pre> : <JsonTree value={json} openTo={3} />
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
