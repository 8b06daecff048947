import type { Json, JsonObject } from '../../../lib/json.ts'

/** One of the parts that a stream is read in: a parent record's children, an item of a list. */
export interface Partition {
  /** What identifies it, and what state is kept by. */
  key: JsonObject
  /** Fields of the parent record that expressions may read. */
  extra: JsonObject
  /** The first page of its records, when the parent record has them in it (`lazy_read_pointer`). */
  embedded?: Json
}

/** A part of the cursor's range that one request (and its pages) asks for. */
export interface Interval {
  /** As the API is asked, under the names the manifest gives (`start_time`, `end_time`). */
  fields: JsonObject
  /** Positions, both inclusive; no end for a cursor that counts. */
  start: bigint
  end: bigint | undefined
  /** True for a backfill: only records within it are wanted. */
  isExact?: boolean
}

/** A part of a stream that is read by itself: of its partitions, and of its cursor's range. */
export interface Slice {
  partition: Partition
  /** Missing for a stream without a cursor. */
  interval?: Interval
}
