import type { ErrorData } from '../lib/error.ts'
import type { SyncMode } from './mode.ts'

/** `partial`: some streams arrived, some did not. */
export type RunStatus = 'succeeded' | 'partial' | 'failed' | 'cancelled'

/** What one run of a source did. */
export interface RunResult {
  status: RunStatus
  counts: RunCounts
  streams: StreamResult[]
  /** Why nothing could be read at all (settings, catalog), or the first stream's error. */
  error?: ErrorData
}

/** A type, not an interface, so that it passes as the contract's record of counts. */
export type RunCounts = {
  /** Records the source gave. */
  rows_read: number
  /** Rows the warehouse acknowledged. */
  rows_written: number
  /** Rows with at least one value that did not fit its column; they are written, with `_millrace_errors`. */
  row_errors: number
  /** Rows that the source told to be deleted, among those written. */
  rows_deleted: number
  /** Rows and values left out by the schema setting of their stream. */
  rows_discarded: number
  values_discarded: number
  /** HTTP requests the source made. */
  requests: number
  /** Streams that were read to their end. */
  streams: number
}

export interface StreamResult {
  stream: string
  /** Where a user finds it. */
  table: { database: string; table: string }
  mode: SyncMode
  status: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'
  rows_read: number
  rows_written: number
  row_errors: number
  rows_deleted: number
  rows_discarded: number
  values_discarded: number
  /** Changes made to its table, as sentences. */
  changes: string[]
  /** Milliseconds since the epoch. */
  startedAt: number
  endedAt?: number
  error?: ErrorData
}

/** Where a run stands: called after each batch, and when a stream starts or ends. */
export interface RunProgress {
  counts: RunCounts
  streams: readonly StreamResult[]
}
