import type { JsonObject } from '../lib/json.ts'
import { type Event, idText, parseTime } from './schema.ts'

/** How a request came in: the same for all its events. */
export interface Reception {
  /** Name of the source, from the write key. */
  source: string
  /** Milliseconds since the epoch, by our clock. */
  receivedAt: number
  /** Address of the sender, when known. */
  ip: string | undefined
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

/** What a sender's clock may be ahead of ours before it counts as wrong, in milliseconds: what NTP leaves. */
const clockTolerance = 2_000

/** @param messageId the event's own, or its `contentId`. */
export function enrich(event: Event, messageId: string, reception: Reception): EnrichedEvent {
  const { receivedAt } = reception
  const originalTimestamp = parseTime(event.originalTimestamp ?? event.timestamp)
  const sentAt = event.sentAt === undefined || event.sentAt === null ? reception.sentAt : parseTime(event.sentAt)
  return {
    event,
    source: reception.source,
    messageId,
    context: contextOf(event, reception),
    timestamp: happenedAt(originalTimestamp, sentAt, receivedAt, reception.maxDelay),
    originalTimestamp,
    sentAt,
    receivedAt,
  }
}

/**
 * The clock rule. Segment's is `receivedAt - (sentAt - originalTimestamp)`, always
 * (segment.com/docs/connections/spec/common/#timestamps); it shifts every time by the network's delay, and that of a
 * retried request by minutes. So the sender's time stands while both clocks may be right: a request arrives up to
 * `maxDelay` after it was sent, and never before. Otherwise the clocks differ, and Segment's rule corrects it.
 */
export function happenedAt(original: number | undefined, sentAt: number | undefined, receivedAt: number, maxDelay: number): number {
  if (original === undefined) return receivedAt
  if (sentAt === undefined) return original
  const skew = receivedAt - sentAt
  return skew >= -clockTolerance && skew <= maxDelay ? original : original + skew
}

function contextOf(event: Event, reception: Reception): JsonObject {
  const own = event.context as JsonObject | null | undefined
  const context: JsonObject = reception.context === undefined ? { ...own } : { ...reception.context, ...own }
  if (reception.ip !== undefined && (context['ip'] === undefined || context['ip'] === null)) context['ip'] = reception.ip
  if (context['library'] === undefined || context['library'] === null) context['library'] = { name: 'http' }
  return context
}

/** The id the event came with, if it did. */
export function ownMessageId(event: Event): string | undefined {
  return idText(event.messageId)
}
