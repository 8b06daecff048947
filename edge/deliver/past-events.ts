import { type StreamedEvent, streamedEvent } from '#core/event/streamed.ts'
import type { EdgeWarehouse } from '../warehouse.ts'
import type { Replay } from './delivery-store.ts'

/** An event of the warehouse, and its place in the order that a replay goes by. */
export interface PastEvent {
  line: string
  event: StreamedEvent
  at: number
  key: string
}

/** What is read at a time, at least one event: each time, the statement looks through all of the range. */
const page = { events: 2000, bytes: 16 * 1024 * 1024 }

const key = "concat(e.message_id, '\\n', e.type, '\\n', e.source, '\\n', ifNull(e.event_text, ''))"

/** The next events of a time range, after where the replay has come to, each once. Empty at its end. */
export async function pastEvents(warehouse: EdgeWarehouse, replay: Replay): Promise<PastEvent[]> {
  const { from, to, at, key: after } = replay
  const lines = await warehouse.selectLines(
    `SELECT * EXCEPT (key, size, total) FROM (
       SELECT *, sum(size) OVER (ORDER BY received_at, key ROWS UNBOUNDED PRECEDING) AS total FROM (
         SELECT e.source AS source, e.type AS type, e.event_text AS event_text, e.message_id AS message_id, e.anonymous_id AS anonymous_id,
                e.user_id AS user_id, e.group_id AS group_id, e.previous_id AS previous_id, e.name AS name, e.category AS category,
                e.timestamp AS timestamp, e.original_timestamp AS original_timestamp, e.sent_at AS sent_at, e.received_at AS received_at,
                e.properties AS properties, e.traits AS traits, e.context AS context, e.extra AS extra,
                ${key} AS key, byteSize(e.properties, e.traits, e.context, e.extra) AS size
         FROM events.all AS e FINAL
         WHERE e.received_at >= fromUnixTimestamp64Milli({from:Int64}) AND e.received_at < fromUnixTimestamp64Milli({to:Int64})
           AND (e.received_at, ${key}) > (fromUnixTimestamp64Milli({at:Int64}), {key:String})
         ORDER BY e.received_at, ${key} LIMIT ${page.events}
       )
     ) WHERE total = size OR total <= ${page.bytes} ORDER BY received_at, key`,
    {
      params: { from, to, at, key: after },
      settings: {
        // FINAL need not compare partitions: a repeated message has the same day (core/event/views.ts).
        do_not_merge_across_partitions_select_final: 1,
        date_time_output_format: 'iso',
        output_format_json_quote_64bit_integers: 0,
        json_type_escape_dots_in_keys: 1,
      },
    },
  )
  return lines.flatMap((line): PastEvent[] => {
    const event = streamedEvent(line)
    if (event === undefined) return []
    // The warehouse does not tell what was empty from what was not there.
    for (const field of ['properties', 'traits'] as const) {
      if (Object.keys(event[field] ?? {}).length === 0) delete event[field]
    }
    const { messageId, type, source } = event
    return [{ line, event, at: Date.parse(event.receivedAt), key: [messageId, type, source, event.event ?? ''].join('\n') }]
  })
}
