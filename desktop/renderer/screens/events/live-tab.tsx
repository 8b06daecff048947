import { Pause, Play, Radio } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { Badge, Dot } from '../../components/badge.tsx'
import { Button } from '../../components/button.tsx'
import { Drawer } from '../../components/drawer.tsx'
import { EmptyState, ErrorNotice } from '../../components/notice.tsx'
import { SearchField } from '../../components/search-field.tsx'
import { SkeletonRows } from '../../components/skeleton.tsx'
import { type Column, Table } from '../../components/table.tsx'
import { Segments } from '../../components/tabs.tsx'
import { formatClock, formatExact, plural } from '../../data/format.ts'
import { useCall } from '../../data/host.tsx'
import { useNow } from '../../data/now.ts'
import { EventDetail } from './event-detail.tsx'
import { type EventRow, useEventStream } from './event-stream.ts'
import { typeTones } from './type-tones.ts'
import { useDebounced } from './use-debounced.ts'

const types = ['all', 'track', 'page', 'screen', 'identify', 'group', 'alias'] as const

const columns: Column<EventRow>[] = [
  { id: 'time', header: 'Received', width: '104px', cell: (event) => <span className="mono">{formatClock(event.receivedAt, true)}</span> },
  { id: 'type', header: 'Type', width: '76px', cell: (event) => <Badge tone={typeTones[event.type] ?? 'neutral'}>{event.type}</Badge> },
  { id: 'event', header: 'Event', width: 'minmax(150px, 1.3fr)', cell: (event) => <EventName event={event} /> },
  {
    id: 'user',
    header: 'Who',
    width: 'minmax(110px, 1fr)',
    cell: (event) => event.userId ?? <span className="faint">{event.anonymousId}</span>,
  },
  { id: 'source', header: 'Source', width: 'minmax(80px, 0.6fr)', cell: (event) => <span className="quiet">{event.source}</span> },
  {
    id: 'payload',
    header: 'Payload',
    width: 'minmax(160px, 2.4fr)',
    cell: (event) => <span className="mono faint">{summarize(event)}</span>,
  },
]

/** The stream of accepted events: filter, search, hold still, look into one. */
export function LiveTab() {
  const [type, setType] = useState<(typeof types)[number]>('all')
  const [search, setSearch] = useState('')
  const [paused, setPaused] = useState(false)
  const [atTop, setAtTop] = useState(true)
  const [selected, setSelected] = useState<EventRow | undefined>()
  const asked = useDebounced(search.trim(), 250)
  const stream = useEventStream({ type: type === 'all' ? undefined : type, search: asked }, paused || !atTop)
  const events = useDeferredValue(stream.events)
  const filtered = type !== 'all' || asked !== ''
  return (
    <>
      <div className="toolbar">
        <SearchField label="Event, user or message id" value={search} onChange={setSearch} />
        <Segments label="Type" current={type} onChange={setType} options={types.map((id) => ({ id, title: id === 'all' ? 'All' : id }))} />
        <span className="toolbar-end">
          <Pulse events={events} paused={paused} total={stream.total} />
          <Button icon={paused ? Play : Pause} onClick={() => setPaused(!paused)} aria-pressed={paused}>
            {paused ? 'Resume' : 'Pause'}
          </Button>
        </span>
      </div>
      {stream.error && (
        <div className="toolbar-notice">
          <ErrorNotice title="Events cannot be read" error={stream.error} onRetry={stream.retry} />
        </div>
      )}
      <div className="with-drawer">
        <div className="events-list">
          {stream.waiting > 0 && (
            <button
              type="button"
              className="events-waiting"
              onClick={() => {
                setPaused(false)
                setAtTop(true)
                document.querySelector('.events-list .table')?.scrollTo({ top: 0 })
              }}
            >
              {plural(stream.waiting, 'new event')}
            </button>
          )}
          {stream.loading && events.length === 0 ? (
            <SkeletonRows rows={14} label="Loading events" />
          ) : (
            <Table
              label="Accepted events, newest first"
              columns={columns}
              rows={events}
              rowKey={(event) => event.messageId}
              rowHeight={32}
              onOpen={setSelected}
              onTop={setAtTop}
              selected={selected?.messageId}
              empty={stream.error ? null : filtered ? <NothingFound onClear={() => (setType('all'), setSearch(''))} /> : <NoEvents />}
            />
          )}
        </div>
        {selected && (
          <Drawer key={selected.messageId} title={selected.event ?? selected.type} onClose={() => setSelected(undefined)}>
            <EventDetail event={selected} />
          </Drawer>
        )}
      </div>
    </>
  )
}

function EventName({ event }: { event: EventRow }) {
  if (event.event) return <span className="event-name">{event.event}</span>
  const properties = event.payload['properties'] as Record<string, unknown> | undefined
  const detail = event.type === 'page' ? (properties?.['path'] ?? properties?.['title']) : undefined
  return typeof detail === 'string' ? <span>{detail}</span> : <span className="faint">{event.type}</span>
}

function Pulse({ events, paused, total }: { events: EventRow[]; paused: boolean; total: number | undefined }) {
  const now = useNow()
  const recent = events.filter((event) => event.receivedAt > now - 60_000).length
  return (
    <span className="events-pulse">
      <Dot tone={paused ? 'neutral' : recent > 0 ? 'ok' : 'neutral'} live={!paused && recent > 0} />
      <span>{paused ? 'Paused' : recent > 0 ? `${formatExact(recent)} in the last minute` : 'Waiting for events'}</span>
      {total !== undefined && <span className="faint">{formatExact(total)} in all</span>}
    </span>
  )
}

function NoEvents() {
  const { data: info } = useCall('app.info', {})
  return (
    <EmptyState icon={Radio} title="No event has arrived yet">
      <p>
        Events that an analytics SDK sends to {info?.edgeUrl ? <code>{info.edgeUrl}</code> : 'the collector'} appear here within a second or
        two. The write key stands in a file of <code>sources/</code> with <code>kind: sdk</code>; <code>millrace publish</code> makes it
        known to the collector.
      </p>
    </EmptyState>
  )
}

function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState icon={Radio} title="No event matches" action={<Button onClick={onClear}>Clear the filters</Button>}>
      <p>The search looks at the event’s name, the user id and the message id.</p>
    </EmptyState>
  )
}

function summarize(event: EventRow): string {
  const { properties, traits } = event.payload as Record<string, Record<string, unknown> | undefined>
  const told = { ...traits, ...properties }
  return Object.entries(told)
    .map(([key, value]) => `${key}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('  ')
    .slice(0, 400)
}
