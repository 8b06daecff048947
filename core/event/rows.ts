import type { EnrichedEvent } from './enrich.ts'
import { eventName } from './naming.ts'
import { idText } from './schema.ts'

/**
 * An event as one line of JSONEachRow for `events.all` (`tables.ts`); fields that are undefined take the column's
 * default. Insert with `insertSettings`. Pure, and once an event: the line is what is spooled and sent.
 */
export function eventLine({ event, source, messageId, context, timestamp, originalTimestamp, sentAt, receivedAt }: EnrichedEvent): string {
  // Fields of the six types under one loose type: the schema has checked which are there.
  const fields = event as Record<string, unknown>
  const named = event.type === 'page' || event.type === 'screen'
  const properties = fields['properties'] as Record<string, unknown> | null | undefined
  // RudderStack's SDKs send the traits of identify and group inside the context.
  const hasTraits = event.type === 'identify' || event.type === 'group'
  const { line, extra } = extraOf(fields)
  const received = iso(receivedAt)
  const row = {
    source,
    type: event.type,
    event: event.type === 'track' ? eventName(event.event) : undefined,
    event_text: event.type === 'track' ? event.event : undefined,
    day: dayOf(originalTimestamp),
    message_id: messageId,
    anonymous_id: idText(event.anonymousId),
    user_id: idText(event.userId),
    group_id: idText(fields['groupId']),
    previous_id: idText(fields['previousId']),
    name: named ? text(fields['name'] ?? properties?.['name']) : undefined,
    category: named ? text(fields['category'] ?? properties?.['category']) : undefined,
    timestamp: iso(timestamp) ?? received,
    original_timestamp: iso(originalTimestamp),
    sent_at: iso(sentAt),
    received_at: received,
    properties: properties ?? undefined,
    traits: (fields['traits'] as object | null | undefined) ?? (hasTraits ? traitsOf(context['traits']) : undefined),
    context,
    extra: line ? JSON.stringify(extra) : undefined,
  }
  return wellFormed(JSON.stringify(row))
}

/** ClickHouse's DateTime64 holds 1900 to 2299 (docs: DateTime64); what lies outside is no time an event happened at. */
const earliest = Date.UTC(1900, 0, 1)
const latest = Date.UTC(2299, 0, 1)

function iso(time: number | undefined): string | undefined {
  return time !== undefined && time >= earliest && time < latest ? new Date(time).toISOString() : undefined
}

const firstDay = Date.UTC(2000, 0, 1)
const lastDay = Date.UTC(2050, 0, 1)

/**
 * The day that partitions `events.all`: of the sender's own time, which a retry repeats, so that a repeated event
 * meets itself. Days that no real event has fold into one, lest a garbage clock make a partition of its own.
 */
export function dayOf(originalTimestamp: number | undefined): string {
  if (originalTimestamp === undefined || originalTimestamp < firstDay || originalTimestamp >= lastDay) return '1970-01-01'
  return new Date(originalTimestamp).toISOString().slice(0, 10)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function traitsOf(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

const known = new Set([
  'type',
  'event',
  'messageId',
  'anonymousId',
  'userId',
  'groupId',
  'previousId',
  'name',
  'category',
  'timestamp',
  'originalTimestamp',
  'sentAt',
  'receivedAt',
  'properties',
  'traits',
  'context',
  'writeKey',
])

/** What the spec does not know, kept as it came. */
function extraOf(fields: Record<string, unknown>): { line: boolean; extra: Record<string, unknown> } {
  const extra: Record<string, unknown> = Object.create(null)
  let line = false
  for (const key in fields) {
    if (known.has(key) || fields[key] === undefined) continue
    extra[key] = fields[key]
    line = true
  }
  return { line, extra }
}

/**
 * JSON.stringify writes a lone surrogate as an escape (well-formed JSON.stringify), which ClickHouse refuses with the
 * whole batch; it becomes U+FFFD, as String.prototype.toWellFormed has it. A doubled backslash is text, not an escape.
 */
export function wellFormed(json: string): string {
  if (!json.includes('\\ud')) return json
  return json.replaceAll(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (escape) => (escape === '\\\\' ? escape : '\\ufffd'))
}
