import type { JsonObject } from '../lib/json.ts'
import type { EnrichedEvent } from './enrich.ts'
import { type Event, idText, parseTime } from './schema.ts'

/** An event of the request that is still in the chain. */
export interface Candidate {
  /** Its place in the request. */
  index: number
  event: EnrichedEvent
}

/** An event as a transform is given it: the fields of the spec, completed by what the collector knows. */
export function shownEvent({ event, messageId, context, timestamp, originalTimestamp, sentAt, receivedAt }: EnrichedEvent): object {
  return {
    ...event,
    messageId,
    timestamp: isoTime(timestamp),
    originalTimestamp: isoTime(originalTimestamp),
    sentAt: isoTime(sentAt),
    receivedAt: isoTime(receivedAt),
    context,
  }
}

/**
 * What a transform made of an event, checked, as an event of the chain again. Source, received, sent and original time stay
 * the collector's: with the id they decide that a repeated event meets itself.
 */
export function returnedEvent(origin: EnrichedEvent, returned: Event, messageId: string): EnrichedEvent {
  const original = origin.originalTimestamp === undefined ? undefined : (origin.event.originalTimestamp ?? origin.event.timestamp)
  return {
    ...origin,
    event: { ...returned, originalTimestamp: original },
    messageId,
    context: (returned.context ?? {}) as JsonObject,
    timestamp: parseTime(returned.timestamp) ?? origin.timestamp,
  }
}

/**
 * Ids for what a transform returned. The first event made of another keeps its id, the ones after it get it with #2, #3, …:
 * always the same for the same result, so that a repeated request is visible once. An id that the transform chose stays.
 */
export class ReturnedIds {
  readonly #used = new Map<string, number>()

  idOf(origin: EnrichedEvent, returned: Event): string {
    const id = idText(returned.messageId) ?? origin.messageId
    const key = `${origin.messageId}\n${id}`
    const count = (this.#used.get(key) ?? 0) + 1
    this.#used.set(key, count)
    return count === 1 ? id : `${id}#${count}`
  }
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined || Math.abs(time) > 8.64e15 ? undefined : new Date(time).toISOString()
}
