import { Eraser, Pause, Play, Radio } from 'lucide-react'
import { useState } from 'react'
import { Badge, Dot } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Drawer } from '../../components/drawer.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { Select } from '../../components/select.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { Segments } from '../../components/tabs.tsx'
import { formatClock, formatExact, plural } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { TailDetail } from './tail-detail.tsx'
import { type TailFilter, type TailRow, type TailStream, useTail } from './tail-stream.ts'
import { typeTones } from './type-tones.ts'
import { useDebounced } from './use-debounced.ts'

const types = ['all', 'track', 'page', 'screen', 'identify', 'group', 'alias'] as const
const outcomes = { all: undefined, accepted: false, rejected: true } as const

const columns: Column<TailRow>[] = [
  { id: 'time', header: 'Received', width: '104px', cell: (row) => <span className="mono">{formatClock(row.receivedAt, true)}</span> },
  {
    id: 'outcome',
    header: 'Outcome',
    width: '148px',
    cell: ({ rejected }) => <Badge tone={rejected ? 'error' : 'ok'}>{rejected ? rejected.reason : 'accepted'}</Badge>,
  },
  { id: 'type', header: 'Type', width: '76px', cell: ({ type }) => <Badge tone={typeTones[type] ?? 'neutral'}>{type || 'none'}</Badge> },
  {
    id: 'event',
    header: 'Event',
    width: 'minmax(140px, 1.2fr)',
    cell: (row) => (row.name ? <span className="event-name">{row.name}</span> : <span className="faint">{row.type}</span>),
  },
  { id: 'user', header: 'Who', width: 'minmax(110px, 1fr)', cell: (row) => row.userId ?? <span className="faint">{row.anonymousId}</span> },
  { id: 'source', header: 'Source', width: 'minmax(80px, 0.6fr)', cell: (row) => <span className="quiet">{row.source}</span> },
  {
    id: 'detail',
    header: 'What it says',
    width: 'minmax(160px, 2fr)',
    cell: (row) => <span className={row.rejected ? 'clip' : 'mono faint'}>{row.rejected?.message ?? summarize(row)}</span>,
  },
]

/** Events the moment they reach the collector, before the warehouse has them; also those it refuses. */
export function TailTab() {
  const [type, setType] = useState<(typeof types)[number]>('all')
  const [outcome, setOutcome] = useState<keyof typeof outcomes>('all')
  const [source, setSource] = useState('all')
  const [event, setEvent] = useState('')
  const [user, setUser] = useState('')
  const [still, setStill] = useState<TailRow[] | undefined>()
  const [selected, setSelected] = useState<TailRow | undefined>()
  const { data: stack } = useCall('stack.get', {})
  const filter: TailFilter = {
    source: source === 'all' ? undefined : source,
    type: type === 'all' ? undefined : type,
    event: useDebounced(event.trim(), 250) || undefined,
    user: useDebounced(user.trim(), 250) || undefined,
    rejected: outcomes[outcome],
  }
  const tail = useTail(filter)
  const rows = still ?? tail.rows
  const senders = (stack?.sources ?? []).filter(({ kind }) => kind !== 'etl').map(({ name }) => ({ id: name, title: name }))
  const filtered = Object.values(filter).some((value) => value !== undefined)
  const clearFilters = () => {
    setType('all')
    setOutcome('all')
    setSource('all')
    setEvent('')
    setUser('')
  }
  const change = <Value,>(set: (value: Value) => void) => {
    return (value: Value) => {
      setStill(undefined)
      set(value)
    }
  }
  return (
    <>
      <div className="toolbar tail-toolbar">
        <SearchField label="Name of the event" value={event} onChange={change(setEvent)} />
        <SearchField label="User or anonymous id" value={user} onChange={change(setUser)} />
        <Select label="Source" current={source} onChange={change(setSource)} options={[{ id: 'all', title: 'All sources' }, ...senders]} />
        <Select
          label="Type"
          current={type}
          onChange={change(setType)}
          options={types.map((id) => ({ id, title: id === 'all' ? 'All types' : id }))}
        />
        <Segments
          label="Outcome"
          current={outcome}
          onChange={change(setOutcome)}
          options={[
            { id: 'all', title: 'All' },
            { id: 'accepted', title: 'Accepted' },
            { id: 'rejected', title: 'Rejected' },
          ]}
        />
        <span className="toolbar-end">
          <State tail={tail} paused={still !== undefined} />
          <Button
            icon={Eraser}
            onClick={() => {
              tail.clear()
              setStill(undefined)
              setSelected(undefined)
            }}
          >
            Clear
          </Button>
          <Button
            icon={still ? Play : Pause}
            aria-pressed={still !== undefined}
            onClick={() => setStill(still === undefined ? tail.rows : undefined)}
          >
            {still ? 'Resume' : 'Pause'}
          </Button>
        </span>
      </div>
      {tail.error && (
        <div className="toolbar-notice">
          <ErrorNotice tone="warning" title="The collector is not being watched; it is tried again" error={tail.error} />
        </div>
      )}
      {tail.skipped > 0 && (
        <p className="tail-skipped" role="status">
          {plural(tail.skipped, 'event')} came too fast to be shown. A narrower filter shows all of fewer; all of them are in{' '}
          <code>events.all</code> or <code>events.rejected</code>.
        </p>
      )}
      <div className="with-drawer">
        <Table
          label="Events at the collector, newest first"
          columns={columns}
          rows={rows}
          rowKey={keyOf}
          rowHeight={32}
          onOpen={setSelected}
          selected={selected && keyOf(selected)}
          empty={tail.error ? null : <Nothing state={tail.state} filtered={filtered} onClear={clearFilters} />}
        />
        {selected && (
          <Drawer key={selected.number} title={selected.name || selected.type || 'Event'} onClose={() => setSelected(undefined)}>
            <TailDetail event={selected} />
          </Drawer>
        )}
      </div>
    </>
  )
}

function keyOf({ number }: TailRow): string {
  return String(number)
}

function State({ tail, paused }: { tail: TailStream; paused: boolean }) {
  const words = { connecting: 'Connecting', watching: 'Watching', lost: 'Connection lost' }
  const tone = tail.state === 'lost' ? 'error' : tail.state === 'watching' && !paused ? 'ok' : 'neutral'
  return (
    <span className="events-pulse">
      <Dot tone={tone} live={tone === 'ok'} />
      <span>{paused && tail.state === 'watching' ? 'Paused' : words[tail.state]}</span>
      {tail.rows.length > 0 && <span className="faint">{formatExact(tail.rows.length)}</span>}
    </span>
  )
}

function Nothing({ state, filtered, onClear }: { state: TailStream['state']; filtered: boolean; onClear: () => void }) {
  if (state === 'connecting') return <EmptyState icon={Radio} title="Connecting to the collector" />
  return (
    <EmptyState
      icon={Radio}
      title={filtered ? 'No event that matches has come yet' : 'Waiting for events'}
      action={filtered ? <Button onClick={onClear}>Clear the filters</Button> : undefined}
    >
      <p>Events show here the moment the collector takes or refuses them, from now on. What came before is under Accepted and Rejected.</p>
    </EmptyState>
  )
}

function summarize({ payload }: TailRow): string {
  const { properties, traits } = (payload ?? {}) as Record<string, Record<string, unknown> | undefined>
  return Object.entries({ ...traits, ...properties })
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('  ')
    .slice(0, 400)
}
