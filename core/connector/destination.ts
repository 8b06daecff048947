import type { z } from 'zod'
import type { EventType } from '../event/schema.ts'
import type { StreamedEvent } from '../event/streamed.ts'
import type { MillraceError } from '../lib/error.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Result } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'

export type { StreamedEvent } from '../event/streamed.ts'

/**
 * A destination: a tool that rows of the warehouse (`rows`), events (`events`) or both are delivered to. One folder
 * under `core/destination/` (or `desktop/connector/` when it needs Node), one line in the registry.
 */
export interface Destination<Config = unknown> {
  /** kebab-case, as `connector:` names it in a destination file. */
  name: string
  title: string
  description: string
  /** Draws the form, checks the file, types the code. Every field has `.describe()`; secrets are `.meta({ secret: true })`. */
  config: z.ZodType<Config>
  /** One cheap call that proves the settings work. */
  check(config: Config, runtime: Runtime): Promise<Result<void>>
  /** Rows of the warehouse (reverse ETL). Absent: the tool takes none. */
  rows?: RowDelivery<Config>
  /** Events as they come in (streaming). Absent: the tool takes none. */
  events?: EventDelivery<Config>
}

export interface RowDelivery<Config> {
  /** What one call may carry, and how fast requests may come. */
  limits: { batchSize: number; requestsPerSecond?: number }
  operations: readonly Operation[]
  /**
   * Answers for every row, in order. Must be safe to repeat (a crash after the tool took a batch and
   * before we noted it repeats it), so writes are keyed by the match key.
   */
  deliver(config: Config, batch: DeliveryBatch, runtime: Runtime): Promise<RowOutcome[]>
}

export type Operation = 'upsert' | 'delete'

export interface DeliveryBatch {
  sync: string
  /** The tool's object the rows go to: `contacts`. */
  object: string
  operation: Operation
  rows: DeliveryRow[]
}

export interface DeliveryRow {
  /** The match key's value: what the tool finds the record by. */
  key: string
  /** Mapped fields, named as the tool names them. For a delete: the key field alone. */
  fields: JsonObject
}

/**
 * `accepted`: the tool has it; `created: false` where the tool says that it had the record before, so
 * that no mirror ever deletes it. `rejected`: the tool refused this row (kept, retried on its own).
 * `undelivered`: for this row the tool could not be asked (sent again after a pause, in the same run).
 * A failure of the whole call is thrown; its rows may have arrived all the same, unless its code says
 * that nothing was taken: `destination-unreachable`, `destination-auth`, `destination-moved`, `destination-throttled`.
 */
export type RowOutcome =
  | { status: 'accepted'; created?: boolean }
  | { status: 'rejected'; error: MillraceError }
  | { status: 'undelivered'; error: MillraceError }

export interface EventDelivery<Config> {
  /** What one call may carry (`batchBytes`: of its events as JSON), and how fast requests may come. */
  limits: { batchSize: number; batchBytes?: number; requestsPerSecond?: number }
  /** Call types the tool has a place for; others are not offered to it. */
  types: readonly EventType[]
  /** Answers for every event, in order. Safe to repeat: the tool tells repeats by messageId where it can. */
  deliver(config: Config, events: readonly StreamedEvent[], runtime: Runtime): Promise<EventOutcome[]>
}

/**
 * `accepted`: the tool has it. `skipped`: the tool has no place for it; says why. `rejected`: this event will never do.
 * `undelivered`: for this event the tool could not be asked, or asks for a pause (try again). A failure of the whole
 * call is thrown, as for rows.
 */
export type EventOutcome =
  | { status: 'accepted' }
  | { status: 'skipped'; reason: string }
  | { status: 'rejected'; error: MillraceError }
  | { status: 'undelivered'; error: MillraceError }

/** Types a destination by its config schema. */
export function defineDestination<Config>(destination: Destination<Config>): Destination<Config> {
  return destination
}
