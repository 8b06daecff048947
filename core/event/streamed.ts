import type { JsonObject } from '../lib/json.ts'
import { parseJson } from './parse.ts'
import type { EventType } from './schema.ts'

/** An accepted event in the standard form (Segment's spec), as enriched by the collector. Times are ISO 8601. */
export interface StreamedEvent {
  type: EventType
  messageId: string
  source: string
  /** Of a track event, as it was sent. */
  event?: string
  /** Of a page or screen. */
  name?: string
  /** Of a page or screen. */
  category?: string
  userId?: string
  anonymousId?: string
  groupId?: string
  previousId?: string
  /** When it happened, corrected where the clocks differ. */
  timestamp: string
  originalTimestamp?: string
  sentAt?: string
  receivedAt: string
  properties?: JsonObject
  traits?: JsonObject
  context: JsonObject
  /** Which destinations its sender wants it to go to (Segment's spec, "Common Fields"). */
  integrations?: JsonObject
}

const columns = {
  event_text: 'event',
  name: 'name',
  category: 'category',
  user_id: 'userId',
  anonymous_id: 'anonymousId',
  group_id: 'groupId',
  previous_id: 'previousId',
  original_timestamp: 'originalTimestamp',
  sent_at: 'sentAt',
  properties: 'properties',
  traits: 'traits',
} as const satisfies Record<string, keyof StreamedEvent>

/**
 * A line of `events.all` (`eventLine`, or ClickHouse's own JSONEachRow with ISO times) as the event it was made of.
 * Numbers beyond a double stay as they were written (`parseJson`). Undefined for a line that is no JSON object.
 */
export function streamedEvent(line: string): StreamedEvent | undefined {
  const parsed = parseJson(line)
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined
  const row = parsed.value as Record<string, unknown>
  const event: Record<string, unknown> = {
    type: row['type'],
    messageId: row['message_id'],
    source: row['source'],
    timestamp: row['timestamp'],
    receivedAt: row['received_at'],
    context: row['context'] ?? {},
  }
  for (const [column, field] of Object.entries(columns)) {
    const value = row[column]
    if (value !== undefined && value !== null) event[field] = value
  }
  const integrations = integrationsOf(row['extra'])
  if (integrations !== undefined) event['integrations'] = integrations
  return event as unknown as StreamedEvent
}

/** `extra` is parsed only where it says something of integrations: most senders say nothing, or `{}`. */
function integrationsOf(extra: unknown): JsonObject | undefined {
  if (typeof extra !== 'string' || !extra.includes('"integrations":{"')) return undefined
  const parsed = parseJson(extra)
  const integrations = parsed.ok ? (parsed.value as JsonObject)['integrations'] : undefined
  return typeof integrations === 'object' && integrations !== null && !Array.isArray(integrations) ? integrations : undefined
}
