import type { z } from 'zod'
import type { MillraceError } from '../lib/error.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Result } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'

/**
 * A destination: a tool that rows of the warehouse are delivered to. One folder under
 * `core/destination/` (or `desktop/connector/` when it needs Node), one line in the registry.
 *
 * `deliver` answers for every row it was given, in order. It must be safe to repeat a batch (a crash
 * after the tool took it and before we noted it repeats it), so writes are keyed by the match key.
 */
export interface Destination<Config = unknown> {
  /** kebab-case, as `connector:` names it in a destination file. */
  name: string
  title: string
  description: string
  /** Draws the form, checks the file, types the code. Every field has `.describe()`; secrets are `.meta({ secret: true })`. */
  config: z.ZodType<Config>
  /** What one call may carry, and how fast calls may come. */
  limits: { batchSize: number; requestsPerSecond?: number }
  operations: readonly Operation[]
  /** One cheap call that proves the settings work. */
  check(config: Config, runtime: Runtime): Promise<Result<void>>
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

/** Types a destination by its config schema. */
export function defineDestination<Config>(destination: Destination<Config>): Destination<Config> {
  return destination
}
