import { Badge } from '../../components/badge.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { JsonTree } from '../../components/json-tree.tsx'
import { Facts } from '../../components/page.tsx'
import { formatMoment } from '../../data/format.ts'
import type { TailRow } from './tail-stream.ts'

/** One event as the collector took or refused it. */
export function TailDetail({ event: { receivedAt, source, userId, anonymousId, messageId, rejected, payload } }: { event: TailRow }) {
  return (
    <>
      <div className="event-detail-top">
        <Badge tone={rejected ? 'error' : 'ok'}>{rejected ? 'rejected' : 'accepted'}</Badge>
        <span className="quiet">from {source}</span>
        <CopyButton text={JSON.stringify(payload, null, 2)} label="Copy the event as JSON" />
      </div>
      <Facts
        items={[
          ...(rejected === undefined
            ? []
            : ([
                ['What is wrong', rejected.message],
                ['Reason', <code key="reason">{rejected.reason}</code>],
                ['Field', id(rejected.path || undefined, 'path')],
              ] satisfies [string, React.ReactNode][])),
          ['Received', formatMoment(receivedAt)],
          ['User id', id(userId, 'user')],
          ['Anonymous id', id(anonymousId, 'anonymous')],
          ['Message id', id(messageId, 'message')],
        ]}
      />
      {typeof payload === 'string' ? <pre className="raw-text">{payload}</pre> : <JsonTree value={payload} openTo={3} />}
    </>
  )
}

function id(value: string | undefined, name: string) {
  return value ? <code key={name}>{value}</code> : <span className="faint">none</span>
}
