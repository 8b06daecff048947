import type { CursorRange } from '../../../connector/source.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import type { RequestParts } from '../http/option.ts'
import { valueAt } from './path.ts'
import type { Interval } from './slice.ts'

export interface Beginning {
  /** The cursor value reached before. */
  state?: Json | undefined
  /** A backfill's range instead of a state. */
  range?: CursorRange | undefined
  /** Seconds to go back from the state, beyond what the manifest asks for. */
  lookback?: number
}

/** What a stream is read incrementally by: values on a line, and the intervals to ask for. */
export interface Cursor {
  readonly field: string
  /** One state for all partitions instead of one each. */
  readonly isGlobal: boolean
  /** Records outside the interval come too, and are to be dropped. */
  readonly isClientSide: boolean
  /** Records come from new to old: there is nothing to ask for beyond what was read before. */
  readonly isFeed: boolean
  intervals(beginning: Beginning): Iterable<Interval>
  /** Where a value stands on the line; undefined when it cannot be read. */
  positionOf(value: Json): bigint | undefined
  apply(parts: RequestParts, interval: Interval): void
}

/** False for a record that a client-side incremental stream or a backfill drops. */
export function isWanted(cursor: Cursor, record: JsonObject, interval: Interval): boolean {
  if (!cursor.isClientSide && interval.isExact !== true) return true
  const position = recordPosition(cursor, record)?.position
  if (position === undefined) return interval.isExact !== true
  return position >= interval.start && (interval.end === undefined || position <= interval.end)
}

/** True when a feed that runs from new to old has come to what was read before. */
export function isPast(cursor: Cursor, record: JsonObject | undefined, interval: Interval): boolean {
  if (!cursor.isFeed || record === undefined) return false
  const position = recordPosition(cursor, record)?.position
  return position !== undefined && position < interval.start
}

/** The further of what was reached and the record's value, as the API wrote it. A value after the interval is not yet covered. */
export function further(cursor: Cursor, reached: Json | undefined, record: JsonObject, interval: Interval): Json | undefined {
  const own = recordPosition(cursor, record)
  if (own === undefined || (interval.end !== undefined && own.position > interval.end)) return reached
  return furthest(cursor, reached, own.value)
}

export function furthest(cursor: Cursor, a: Json | undefined, b: Json | undefined): Json | undefined {
  const [first, second] = [a, b].map((value) => (value === undefined || value === null ? undefined : cursor.positionOf(value)))
  if (second === undefined) return a
  return first === undefined || second > first ? b : a
}

function recordPosition(cursor: Cursor, record: JsonObject): { value: Json; position: bigint } | undefined {
  const value = valueAt(record, [cursor.field]) ?? valueAt(record, cursor.field.split('.'))
  if (value === undefined || value === null || value === '') return undefined
  const position = cursor.positionOf(value)
  return position === undefined ? undefined : { value, position }
}
