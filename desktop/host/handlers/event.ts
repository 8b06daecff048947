import type { Handlers } from '#core/host/dispatch.ts'
import { queryRows } from '#core/warehouse/port.ts'
import type { HostContext } from '../host-context.ts'

interface EventRow {
  message_id: string
  type: string
  event_text: string | null
  name: string | null
  source: string
  user_id: string | null
  anonymous_id: string | null
  at: string
  received: string
  properties: Record<string, unknown>
  traits: Record<string, unknown>
  context: Record<string, unknown>
}

interface RejectedRow {
  source: string
  reason: string
  received: string
  path: string
  message: string
  payload: string
}

/** The sorting key of events.all, which finds a row without a scan. */
const key = 'type, event, day, source, message_id'

/** The newest events are found by narrow columns alone; their JSON is read for those that are shown. */
export function eventHandlers(host: HostContext): Pick<Handlers, 'event.list' | 'event.rejected'> {
  return {
    async 'event.list'({ after, type, search, limit }) {
      await host.tables()
      const params = { after: after ?? 0, type: type ?? '', search: search ?? '', limit }
      const where = [
        ...(after === undefined ? [] : ['received_at > fromUnixTimestamp64Milli({after:Int64})']),
        ...(type === undefined ? [] : ['type = {type:String}']),
        ...(search === undefined || search === ''
          ? []
          : [
              `(positionCaseInsensitiveUTF8(ifNull(event_text, ''), {search:String}) > 0 OR positionCaseInsensitiveUTF8(ifNull(name, ''), {search:String}) > 0
                OR positionCaseInsensitiveUTF8(ifNull(user_id, ''), {search:String}) > 0 OR positionCaseInsensitiveUTF8(ifNull(anonymous_id, ''), {search:String}) > 0
                OR positionCaseInsensitiveUTF8(message_id, {search:String}) > 0)`,
            ]),
      ]
      const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`
      // What was sent as a number is shown as a number.
      const options = { params, signal: host.signal, settings: { output_format_json_quote_64bit_integers: 0 } }
      const [rows, counted] = await Promise.all([
        queryRows<EventRow>(
          host.warehouse,
          `SELECT message_id, type, event_text, name, source, user_id, anonymous_id, toUnixTimestamp64Milli(timestamp) AS at,
             toUnixTimestamp64Milli(received_at) AS received, properties, traits, context
           FROM events.all WHERE (${key}) IN
             (SELECT ${key} FROM events.all ${condition} ORDER BY received_at DESC, message_id LIMIT 1 BY message_id LIMIT {limit:UInt32})
           ORDER BY received_at DESC, message_id LIMIT 1 BY message_id LIMIT {limit:UInt32}`,
          options,
        ),
        queryRows<{ total: string }>(host.warehouse, `SELECT count() AS total FROM events.all ${condition}`, options),
      ])
      return { events: rows.map(toEvent), total: Number(counted[0]?.total ?? 0) }
    },
    async 'event.rejected'({ limit }) {
      await host.tables()
      const options = { params: { limit }, signal: host.signal }
      const [rows, counted] = await Promise.all([
        queryRows<RejectedRow>(
          host.warehouse,
          `SELECT source, reason, toUnixTimestamp64Milli(received_at) AS received, path, message, payload
           FROM events.rejected FINAL ORDER BY received_at DESC LIMIT {limit:UInt32}`,
          options,
        ),
        queryRows<{ total: string }>(host.warehouse, 'SELECT count() AS total FROM events.rejected FINAL', options),
      ])
      const events = rows.map(({ received, ...row }) => ({ ...row, receivedAt: Number(received) }))
      return { events, total: Number(counted[0]?.total ?? 0) }
    },
  }
}

function toEvent(row: EventRow) {
  const event = row.event_text ?? row.name ?? undefined
  return {
    messageId: row.message_id,
    type: row.type,
    ...(event === undefined ? {} : { event }),
    source: row.source,
    ...(row.user_id === null ? {} : { userId: row.user_id }),
    ...(row.anonymous_id === null ? {} : { anonymousId: row.anonymous_id }),
    timestamp: Number(row.at),
    receivedAt: Number(row.received),
    payload: { properties: row.properties, traits: row.traits, context: row.context },
  }
}
