import type { EnrichedEvent } from './enrich.ts'
import { Memo } from './enrich/memo.ts'
import { eventName } from './naming.ts'
import { type EventType, idText, isIsoTime, isRawNumber } from './schema.ts'

/** A row of `events.all` (`tables.ts`); fields that are undefined take the column's default. */
export interface EventRow {
  source: string
  type: EventType
  event: string | undefined
  event_text: string | undefined
  day: string
  message_id: string
  anonymous_id: string | undefined
  user_id: string | undefined
  group_id: string | undefined
  previous_id: string | undefined
  name: string | undefined
  category: string | undefined
  timestamp: string | undefined
  original_timestamp: string | undefined
  sent_at: string | undefined
  received_at: string | undefined
  properties: object | undefined
  traits: object | undefined
  context: object
  extra: string | undefined
}

/** Makes rows of events. Remembers what many events have in common, so one serves all requests of an isolate. */
export class RowBuilder {
  readonly #names = new Memo<string>(2000)
  readonly #received = new TimeText()
  readonly #sent = new TimeText()

  build({ event, source, messageId, context, timestamp, originalTimestamp, sentAt, receivedAt }: EnrichedEvent): EventRow {
    // Fields of the six types under one loose type: the schema has checked which are there.
    const fields = event as Record<string, unknown>
    const named = event.type === 'page' || event.type === 'screen'
    const properties = fields['properties'] as Record<string, unknown> | null | undefined
    // RudderStack's SDKs send the traits of identify and group inside the context.
    const hasTraits = event.type === 'identify' || event.type === 'group'
    const received = this.#received.of(receivedAt)
    const original = originalTimestamp === undefined ? undefined : textOf(event.originalTimestamp ?? event.timestamp, originalTimestamp)
    return {
      source,
      type: event.type,
      event: event.type === 'track' ? this.#names.of(event.event, () => eventName(event.event)) : undefined,
      event_text: event.type === 'track' ? event.event : undefined,
      day: dayOf(originalTimestamp, original),
      message_id: messageId,
      anonymous_id: idText(event.anonymousId),
      user_id: idText(event.userId),
      group_id: idText(fields['groupId']),
      previous_id: idText(fields['previousId']),
      name: named ? text(fields['name'] ?? properties?.['name']) : undefined,
      category: named ? text(fields['category'] ?? properties?.['category']) : undefined,
      timestamp: (timestamp === originalTimestamp ? original : iso(timestamp)) ?? received,
      original_timestamp: original,
      sent_at: sentAt === undefined ? undefined : this.#sent.of(sentAt),
      received_at: received,
      properties: properties ?? undefined,
      traits: (fields['traits'] as object | null | undefined) ?? (hasTraits ? traitsOf(context['traits']) : undefined),
      context,
      extra: extraOf(fields),
    }
  }
}

/** A row as one line of JSONEachRow, to insert with `insertSettings`. Pure, and once an event: the line is what is spooled and sent. */
export function lineOf(row: EventRow): string {
  return wellFormed(JSON.stringify(row))
}

/** The text of a time that many events share. */
class TimeText {
  #time: number | undefined
  #text: string | undefined

  of(time: number): string | undefined {
    if (time !== this.#time) {
      this.#time = time
      this.#text = iso(time)
    }
    return this.#text
  }
}

/** ClickHouse's DateTime64 holds 1900 to 2299 (docs: DateTime64); what lies outside is no time an event happened at. */
const earliest = Date.UTC(1900, 0, 1)
const latest = Date.UTC(2299, 0, 1)

function iso(time: number): string | undefined {
  return time >= earliest && time < latest ? new Date(time).toISOString() : undefined
}

/** A time as `iso` writes it; the sender's own text where it is that, as all SDKs send it. */
function textOf(sent: unknown, time: number): string | undefined {
  return isIsoTime(sent) ? sent : iso(time)
}

const firstDay = Date.UTC(2000, 0, 1)
const lastDay = Date.UTC(2050, 0, 1)

/**
 * The day that partitions `events.all`: of the sender's own time, which a retry repeats, so that a repeated event
 * meets itself. Days that no real event has fold into one, lest a garbage clock make a partition of its own.
 */
function dayOf(time: number | undefined, text: string | undefined): string {
  return time === undefined || text === undefined || time < firstDay || time >= lastDay ? '1970-01-01' : text.slice(0, 10)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function traitsOf(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value) ? value : undefined
}

/** Whether a field is one that the row has a column for, or that is ours to say. A switch, because looking up every key of every event in a set shows. */
function isKnown(key: string): boolean {
  switch (key) {
    case 'type':
    case 'event':
    case 'messageId':
    case 'anonymousId':
    case 'userId':
    case 'groupId':
    case 'previousId':
    case 'name':
    case 'category':
    case 'timestamp':
    case 'originalTimestamp':
    case 'sentAt':
    case 'receivedAt':
    case 'properties':
    case 'traits':
    case 'context':
    case 'writeKey':
      return true
    default:
      return false
  }
}

/** What the spec does not know, kept as it came: JSON, or undefined. */
function extraOf(fields: Record<string, unknown>): string | undefined {
  let extra: Record<string, unknown> | undefined
  for (const key in fields) {
    if (isKnown(key) || fields[key] === undefined) continue
    extra ??= Object.create(null) as Record<string, unknown>
    extra[key] = fields[key]
  }
  return extra === undefined ? undefined : JSON.stringify(extra)
}

/**
 * JSON.stringify writes a lone surrogate as an escape (well-formed JSON.stringify), which ClickHouse refuses with the
 * whole batch; it becomes U+FFFD, as String.prototype.toWellFormed has it. A doubled backslash is text, not an escape.
 */
export function wellFormed(json: string): string {
  if (!json.includes('\\ud')) return json
  return json.replaceAll(/\\\\|\\ud[89a-f][0-9a-f]{2}/g, (escape) => (escape === '\\\\' ? escape : '\\ufffd'))
}
