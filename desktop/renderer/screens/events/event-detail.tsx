import { useState } from 'react'
import { Badge } from '../../components/badge.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { JsonTree } from '../../components/json-tree.tsx'
import { Facts } from '../../components/page.tsx'
import { Tabs } from '../../components/tabs.tsx'
import { formatDuration, formatMoment } from '../../data/format.ts'
import type { EventRow } from './event-stream.ts'

/** One event, whole. */
export function EventDetail({ event }: { event: EventRow }) {
  const parts = Object.keys(event.payload).filter((part) => Object.keys((event.payload[part] as object | null) ?? {}).length > 0)
  const [tab, setTab] = useState<string>(parts[0] ?? 'all')
  const whole = { ...event, ...event.payload, payload: undefined }
  return (
    <>
      <div className="event-detail-top">
        <Badge tone="accent">{event.type}</Badge>
        <span className="quiet">from {event.source}</span>
        <CopyButton text={JSON.stringify(whole, null, 2)} label="Copy the event as JSON" />
      </div>
      <Facts
        items={[
          ['Received', formatMoment(event.receivedAt)],
          ['Happened', `${formatMoment(event.timestamp)}`],
          ['On its way', formatDuration(Math.max(0, event.receivedAt - event.timestamp))],
          ['User id', event.userId ? <code key="user">{event.userId}</code> : <span className="faint">none</span>],
          ['Anonymous id', event.anonymousId ? <code key="anonymous">{event.anonymousId}</code> : <span className="faint">none</span>],
          ['Message id', <code key="message">{event.messageId}</code>],
        ]}
      />
      <div>
        <div className="drawer-tabs">
          <Tabs
            label="Parts of the event"
            current={tab}
            onChange={setTab}
            tabs={[...parts, 'all'].map((id) => ({ id, title: id === 'all' ? 'All' : id }))}
          />
        </div>
        <JsonTree key={tab} value={tab === 'all' ? event.payload : event.payload[tab]} openTo={3} />
      </div>
    </>
  )
}
