import type { JsonObject } from '../lib/json.ts'
import { happenedAt, isFuture } from './enrich/clock.ts'
import { complete } from './enrich/complete.ts'
import type { DropReason, Enricher } from './enrich/enricher.ts'
import type { EnrichSettings } from './enrich/settings.ts'
import type { Visitor } from './enrich/visitor.ts'
import { type Event, idText, parseTime } from './schema.ts'

/** How a request came in: the same for all its events. */
export interface Reception {
  /** Name of the source, from the write key. */
  source: string
  /** Milliseconds since the epoch, by our clock. */
  receivedAt: number
  /** Who sent it; undefined when it was a server on behalf of somebody else. */
  visitor: Visitor | undefined
  /** Of the source. */
  settings: EnrichSettings
  /** `sentAt` of the batch, in milliseconds since the epoch. */
  sentAt: number | undefined
  /** `context` of the batch. */
  context: JsonObject | undefined
  /** The longest time between sending and receiving that the network explains, in milliseconds. */
  maxDelay: number
}

/** An event with all that we know of it beyond what its sender said. Times are milliseconds since the epoch. */
export interface EnrichedEvent {
  event: Event
  source: string
  messageId: string
  context: JsonObject
  /** When it happened, by our clock. */
  timestamp: number
  /** When it happened, by the sender's clock. */
  originalTimestamp: number | undefined
  sentAt: number | undefined
  receivedAt: number
}

/** @param messageId the event's own, or its `contentId`. */
export function enrich(event: Event, messageId: string, reception: Reception, enricher: Enricher): EnrichedEvent | DropReason {
  const { receivedAt, settings } = reception
  const context = contextOf(event.context as JsonObject | null | undefined, reception)
  const dropped = enricher.enrich(event, context, reception.visitor, settings)
  if (dropped !== undefined) return dropped
  context['library'] ??= { name: 'http' }
  const originalTimestamp = parseTime(event.originalTimestamp ?? event.timestamp)
  const sentAt = event.sentAt === undefined || event.sentAt === null ? reception.sentAt : parseTime(event.sentAt)
  const timestamp = ownTime(event, originalTimestamp) ?? happenedAt(originalTimestamp, sentAt, receivedAt, reception.maxDelay)
  if (isFuture(timestamp, receivedAt, settings.future_after * 1000)) complete(context, 'clock', { future: true })
  return { event, source: reception.source, messageId, context, timestamp, originalTimestamp, sentAt, receivedAt }
}

/**
 * The time that stands whatever the clocks say: `timestamp` beside another `originalTimestamp`. It is the caller's own,
 * with the clock's at the call beside it (RudderStack's Node SDK), or what a relay has corrected already (Segment's).
 */
function ownTime({ timestamp, originalTimestamp }: Event, original: number | undefined): number | undefined {
  if (timestamp === undefined || originalTimestamp === undefined || timestamp === originalTimestamp) return undefined
  const time = parseTime(timestamp)
  return time === original ? undefined : time
}

/** The context of an event, over that of its batch: a copy of its first level. */
function contextOf(own: JsonObject | null | undefined, { context }: Reception): JsonObject {
  return context === undefined ? { ...own } : { ...context, ...own }
}

/** The id the event came with, if it did. */
export function ownMessageId(event: Event): string | undefined {
  return idText(event.messageId)
}
