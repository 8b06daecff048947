import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { Badge, RunBadge } from '../../components/badge.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { formatAgo, formatExact } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { contains } from '../../shell/match.ts'
import { openScreen } from '../../shell/route.ts'
import type { Sync } from './sync.ts'
import { SyncDetail } from './sync-detail.tsx'

const columns: Column<Sync>[] = [
  { id: 'name', header: 'Sync', width: 'minmax(170px, 1.2fr)', cell: (sync) => <strong className="mono">{sync.name}</strong> },
  {
    id: 'way',
    header: 'From and to',
    width: 'minmax(220px, 2fr)',
    cell: (sync) => (
      <span>
        <code>{sync.from}</code> <span className="faint">to</span> {sync.destination} <span className="faint">{sync.object}</span>
      </span>
    ),
  },
  { id: 'mode', header: 'Mode', width: '80px', cell: (sync) => <Badge>{sync.mode}</Badge> },
  { id: 'synced', header: 'Acknowledged', width: '104px', align: 'end', cell: (sync) => formatExact(sync.synced) },
  {
    id: 'rejected',
    header: 'Rejected',
    width: '80px',
    align: 'end',
    cell: (sync) => (sync.rejected > 0 ? <Badge tone="error">{formatExact(sync.rejected)}</Badge> : <span className="faint">0</span>),
  },
  { id: 'last', header: 'Last run', width: '200px', cell: (sync) => <LastRun sync={sync} /> },
]

/** The stack's syncs, or one of them. */
export function Syncs({ name }: { name: string | undefined }) {
  return name === undefined ? <SyncList /> : <SyncDetail key={name} name={name} />
}

function SyncList() {
  const { data, error, refetch } = useCall('sync.list', {}, { refetchInterval: 5000 })
  const [search, setSearch] = useState('')
  const syncs = data?.syncs.filter((sync) => contains(`${sync.name} ${sync.destination} ${sync.from} ${sync.description ?? ''}`, search))
  return (
    <Page
      title="Syncs"
      fill
      aside={data && <span className="faint">{data.syncs.length}</span>}
      actions={<SearchField label="Find a sync" value={search} onChange={setSearch} />}
    >
      {error && !data ? (
        <div className="toolbar-notice">
          <ErrorNotice title="Syncs cannot be listed" error={error} onRetry={() => void refetch()} />
        </div>
      ) : syncs === undefined ? (
        <SkeletonRows label="Loading syncs" />
      ) : (
        <Table
          label="Syncs"
          columns={columns}
          rows={syncs}
          rowKey={(sync) => sync.name}
          rowHeight={40}
          onOpen={(sync) => openScreen('syncs', sync.name)}
          empty={search ? <EmptyState icon={RefreshCw} title={`No sync matches “${search}”`} /> : <NoSyncs />}
        />
      )}
    </Page>
  )
}

function NoSyncs() {
  return (
    <EmptyState icon={RefreshCw} title="No syncs yet">
      <p>
        A sync sends profiles, traits or a model’s rows to a tool, and only what changed since the tool last took it. Write{' '}
        <code>syncs/NAME.yaml</code>: what is sent, to which file of <code>destinations/</code>, and how its fields map.{' '}
        <code>millrace sync plan NAME</code> shows what a run would do.
      </p>
    </EmptyState>
  )
}

function LastRun({ sync }: { sync: Sync }) {
  const now = useNow()
  if (sync.lastRun === undefined) return <span className="faint">never ran</span>
  return (
    <span className="last-run">
      <RunBadge status={sync.lastRun.status} />
      <span className="faint">{formatAgo(sync.lastRun.startedAt, now)}</span>
    </span>
  )
}
