import type { Warehouse } from '../../warehouse/port.ts'
import type { Event } from '../schema.ts'
import type { Judged } from './judge.ts'

/** Which stored events to read: the newest ones. */
export interface PastSelection {
  /** Names of sources; all without it. */
  sources?: readonly string[] | undefined
  /** Name of a track event as sent; all events without it. */
  event?: string | undefined
  /** Milliseconds since the epoch. */
  since: number
  /** Events at most. */
  limit: number
}

export interface PastEvent extends Judged {
  messageId: string
}

interface Row {
  message_id: string
  type: string
  event_text: string | null
  properties: Record<string, unknown>
  traits: Record<string, unknown>
}

const key = 'type, event, day, source, message_id'

/** Events as a plan sees them, each once, in no order. Null is absent, and what was dropped before is gone. */
export async function* pastEvents(
  warehouse: Warehouse,
  { sources, event, since, limit }: PastSelection,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<PastEvent> {
  const conditions = [
    'received_at >= fromUnixTimestamp64Milli({since:Int64})',
    ...(sources === undefined ? [] : ['source IN {sources:Array(String)}']),
    ...(event === undefined ? [] : ["type = 'track' AND event_text = {event:String}"]),
  ]
  // The newest are found by narrow columns; their JSON is read for those alone.
  const sql = `SELECT message_id, type, event_text, properties, traits FROM events.all FINAL WHERE (${key}) IN
      (SELECT DISTINCT ${key} FROM events.all WHERE ${conditions.join(' AND ')} ORDER BY received_at DESC LIMIT {limit:UInt64})
    SETTINGS do_not_merge_across_partitions_select_final = 1`
  const params = { since, limit, sources: sources ?? [], event: event ?? '' }
  const settings = { output_format_json_quote_64bit_integers: 0 }
  for await (const rows of warehouse.query<Row>(sql, { ...options, params, settings })) {
    for (const row of rows) {
      const fields = { type: row.type, event: row.event_text ?? undefined, properties: asSent(row.properties), traits: asSent(row.traits) }
      yield { messageId: row.message_id, event: fields as unknown as Event, context: {} }
    }
  }
}

/** Keys as they were: a dot within one is %2E in the warehouse (`insertSettings`). */
function asSent(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(asSent)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.replaceAll('%2E', '.'), asSent(inner)]))
}
