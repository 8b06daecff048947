import { Send } from 'lucide-react'
import { useState } from 'react'
import { Badge } from '../../components/badge.tsx'
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
import type { Destination } from './destination.ts'
import { DestinationDetail } from './destination-detail.tsx'
import { State } from './state.tsx'
import './destinations.css'

const columns: Column<Destination>[] = [
  {
    id: 'name',
    header: 'Destination',
    width: 'minmax(140px, 1fr)',
    cell: ({ name, description }) => (
      <strong className="mono" title={description}>
        {name}
      </strong>
    ),
  },
  { id: 'connector', header: 'Through', width: '100px', cell: ({ connector }) => <span className="quiet">{connector ?? '–'}</span> },
  {
    id: 'syncs',
    header: 'Synced to it',
    width: 'minmax(140px, 1.4fr)',
    cell: ({ syncs }) =>
      syncs.length > 0 ? <span title={syncs.join(', ')}>{syncs.join(', ')}</span> : <span className="faint">nothing</span>,
  },
  { id: 'state', header: 'Events', width: '116px', cell: (destination) => <State destination={destination} /> },
  { id: 'delivered', header: 'Delivered', width: '84px', align: 'end', cell: ({ delivery }) => <Count value={delivery?.delivered} /> },
  { id: 'backlog', header: 'Backlog', width: '76px', align: 'end', cell: ({ delivery }) => <Count value={delivery?.backlog.events} /> },
  {
    id: 'dead',
    header: 'Dead letters',
    width: '84px',
    align: 'end',
    cell: ({ delivery }) =>
      delivery && delivery.dead > 0 ? <Badge tone="error">{formatExact(delivery.dead)}</Badge> : <Count value={delivery?.dead} />,
  },
  { id: 'last', header: 'Last taken', width: '100px', align: 'end', cell: ({ delivery }) => <LastTaken at={delivery?.lastAt} /> },
]

/** The stack's destinations, or one of them. */
export function Destinations({ name }: { name: string | undefined }) {
  return name === undefined ? <DestinationList /> : <DestinationDetail key={name} name={name} />
}

function DestinationList() {
  const { data, error, refetch } = useCall('destination.list', {}, { refetchInterval: 5000 })
  const [search, setSearch] = useState('')
  const found = data?.destinations.filter(({ name, connector, description, syncs }) =>
    contains(`${name} ${connector ?? ''} ${description ?? ''} ${syncs.join(' ')}`, search),
  )
  return (
    <Page
      title="Destinations"
      fill
      aside={data && <span className="faint">{data.destinations.length}</span>}
      actions={<SearchField label="Find a destination" value={search} onChange={setSearch} />}
    >
      {data?.edgeError && (
        <div className="toolbar-notice">
          <ErrorNotice tone="warning" title="How events are delivered is not known" error={data.edgeError} onRetry={() => void refetch()} />
        </div>
      )}
      {error && !data ? (
        <div className="toolbar-notice">
          <ErrorNotice title="Destinations cannot be listed" error={error} onRetry={() => void refetch()} />
        </div>
      ) : found === undefined ? (
        <SkeletonRows label="Loading destinations" />
      ) : (
        <Table
          label="Destinations"
          columns={columns}
          rows={found}
          rowKey={({ name }) => name}
          rowHeight={40}
          onOpen={({ name }) => openScreen('destinations', name)}
          empty={search ? <EmptyState icon={Send} title={`No destination matches “${search}”`} /> : <NoDestinations />}
        />
      )}
    </Page>
  )
}

function Count({ value }: { value: number | undefined }) {
  return value ? formatExact(value) : <span className="faint">{value ?? '–'}</span>
}

function LastTaken({ at }: { at: number | undefined }) {
  const now = useNow()
  return <span className="faint">{at === undefined ? '–' : formatAgo(at, now)}</span>
}

function NoDestinations() {
  return (
    <EmptyState icon={Send} title="No destinations yet">
      <p>
        A destination is a tool that data goes to: a file <code>destinations/NAME.yaml</code> with its connector and settings. Syncs send
        rows to it; with an <code>events:</code> part, events are streamed to it as they come in.
      </p>
    </EmptyState>
  )
}
