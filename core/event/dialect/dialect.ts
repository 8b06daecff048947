import { MillraceError } from '../../lib/error.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Result } from '../../lib/result.ts'

/** A request of an SDK. */
export interface Call {
  /** The body, parsed; undefined where the protocol has none. */
  body: unknown
  query: URLSearchParams | undefined
  /** Milliseconds since the epoch. */
  receivedAt: number
}

/** What it says, in our own form. */
export interface Told {
  /** Events in the form of Segment's spec, still to be checked. */
  events: readonly unknown[]
  /** Of each event what it was made from; without it, the events are as they were sent. */
  payloads?: readonly unknown[]
  sentAt: unknown
  /** Stands in for what an event has not in its own context. */
  context: JsonObject | undefined
  /** Sent by a server for somebody else: the address it comes from is not the user's. */
  relayed?: boolean
}

/** A vendor's protocol: pure, and the same on every path that speaks it. */
export interface Dialect {
  /** A request is one event, whose refusal is the request's. */
  single: boolean
  /** The write key where this protocol has it, besides headers and the query. */
  keyOf(call: Call): string | undefined
  /** Fails (config) when the request as a whole is not of this protocol. */
  tell(call: Call): Result<Told>
}

/** A field of a body as a non-empty text. */
export function textIn(body: unknown, field: string): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, field)) return undefined
  const value: unknown = (body as Record<string, unknown>)[field]
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Events of one request at most: 4 MB can hold two million that are none, and each is refused by itself, and kept. */
export const maxBatch = 10_000

export function tooManyEvents(count: number): MillraceError {
  const message = `The request has ${count} events; ${maxBatch} is the most.`
  return new MillraceError({ code: 'too-many-events', fault: 'config', message, at: { field: 'batch' }, mend: 'Send smaller batches.' })
}
