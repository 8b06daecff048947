import { parseJson } from './parse.ts'
import { streamedEvent } from './streamed.ts'
import type { TailEvent, TailFilter } from './tail.ts'

/** A line of `events.all` for a viewer; undefined for one that is no event. */
export function acceptedForTail(line: string): TailEvent | undefined {
  const event = streamedEvent(line)
  if (event?.type === undefined) return undefined
  const { receivedAt, source, type, messageId, userId, anonymousId } = event
  const ids = { ...(userId === undefined ? {} : { userId }), ...(anonymousId === undefined ? {} : { anonymousId }) }
  return { receivedAt: Date.parse(receivedAt), source, type, name: event.event ?? event.name ?? '', messageId, ...ids, payload: event }
}

/** A line of `events.rejected` for a viewer. */
export function rejectedForTail(line: string): TailEvent {
  const row = JSON.parse(line) as Record<
    'received_at' | 'source' | 'type' | 'event_text' | 'message_id' | 'reason' | 'path' | 'message' | 'payload',
    string
  >
  const parsed = parseJson(row.payload)
  const payload: unknown = parsed.ok ? parsed.value : row.payload
  return {
    receivedAt: Date.parse(row.received_at),
    source: row.source,
    type: row.type,
    name: row.event_text,
    messageId: row.message_id,
    ...idIn(payload, 'userId'),
    ...idIn(payload, 'anonymousId'),
    rejected: { reason: row.reason, path: row.path, message: row.message },
    payload,
  }
}

/** Whether a viewer with this filter is shown the event. */
export function isShown({ source, type, event, user, rejected }: TailFilter, shown: TailEvent): boolean {
  if (source !== undefined && shown.source !== source) return false
  if (type !== undefined && shown.type !== type) return false
  if (rejected !== undefined && (shown.rejected !== undefined) !== rejected) return false
  if (user !== undefined && shown.userId !== user && shown.anonymousId !== user) return false
  return event === undefined || shown.name.toLowerCase().includes(event.toLowerCase())
}

function idIn(payload: unknown, field: 'userId' | 'anonymousId'): Partial<TailEvent> {
  const value: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, field) : undefined
  return typeof value === 'string' || typeof value === 'number' ? { [field]: String(value) } : {}
}
