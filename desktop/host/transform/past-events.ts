import type { Trial } from '#core/event/transform-trial.ts'
import { MillraceError } from '#core/lib/error.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { literal } from '#core/warehouse/sql.ts'
import type { HostContext } from '../host-context.ts'

type Row = Record<string, unknown>

/** Columns of `events.all`, and the field of an event that each was made of. */
const fields: Record<string, string> = {
  type: 'type',
  event_text: 'event',
  message_id: 'messageId',
  anonymous_id: 'anonymousId',
  user_id: 'userId',
  group_id: 'groupId',
  previous_id: 'previousId',
  name: 'name',
  category: 'category',
  timestamp: 'timestamp',
  received_at: 'receivedAt',
  properties: 'properties',
  traits: 'traits',
  context: 'context',
}

/**
 * Events of the warehouse as they were when they came, near enough to try a transform on: the newest of these sources, or
 * what a SELECT finds that returns rows of `events.all`.
 */
export async function pastEvents(
  host: HostContext,
  { sources, sql, limit }: { sources: readonly string[]; sql: string | undefined; limit: number },
): Promise<Trial['events']> {
  await host.tables()
  const where = sources.length === 0 ? '' : `WHERE source IN (${sources.map(literal).join(', ')})`
  const from =
    sql === undefined ? `SELECT * FROM events.all ${where} ORDER BY received_at DESC, message_id LIMIT 1 BY message_id` : withoutEnd(sql)
  const rows = await queryRows<Row>(host.warehouse, `SELECT * FROM (${from}\n) LIMIT ${limit}`, {
    signal: host.signal,
    // Times as ISO 8601, numbers as numbers: as they were sent.
    settings: { output_format_json_quote_64bit_integers: 0, date_time_output_format: 'iso', readonly: 2 },
  })
  return rows.map(eventOf)
}

function eventOf(row: Row): Trial['events'][number] {
  if (typeof row['type'] !== 'string') {
    throw new MillraceError({
      code: 'not-events',
      fault: 'config',
      message: 'The SELECT must return rows of events.all; these have no column "type".',
      mend: "Write for example: SELECT * FROM events.all WHERE event = 'order_completed'",
    })
  }
  const event: Row = { ...extra(row['extra']) }
  for (const [column, field] of Object.entries(fields)) {
    const value = row[column]
    if (value === undefined || value === null || (isEmpty(value) && field !== 'context')) continue
    event[field] = value
  }
  return { source: typeof row['source'] === 'string' ? row['source'] : '', event }
}

function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}

function extra(text: unknown): Row {
  return typeof text === 'string' && text !== '' ? (JSON.parse(text) as Row) : {}
}

function withoutEnd(sql: string): string {
  return sql.trim().replace(/;\s*$/, '')
}
