import type { Json } from '../lib/json.ts'

/**
 * Where the cursors of ETL streams are kept: SQLite in the host, memory in tests. Values are the
 * source's own and opaque here.
 *
 * `set` must be durable when it resolves. The pipeline calls it only after the rows that the state
 * covers were acknowledged by the warehouse and noted in `millrace.loads`.
 */
export interface StateStore {
  get(source: string, stream: string): Promise<StreamState | undefined>
  set(source: string, stream: string, state: StreamState): Promise<void>
  /** All states, or those of one source, ordered by source and stream. */
  list(source?: string): Promise<StoredState[]>
  /**
   * Forgets the entry, as a lost state folder would: the next run takes the last state that
   * `millrace.loads` witnesses. To read a stream from its beginning again, use {@link resetState}.
   */
  delete(source: string, stream: string): Promise<void>
}

export interface StreamState {
  /** Grows by one with each commit or reset; the higher of store and warehouse is the true one. */
  version: number
  /** The source's cursor; `null` is the beginning. */
  value: Json
  /** Milliseconds since the epoch. */
  at: number
}

export interface StoredState extends StreamState {
  source: string
  stream: string
}

/** Makes the next run of the stream read from the beginning, whatever the warehouse witnesses. */
export async function resetState(store: StateStore, source: string, stream: string, now: number): Promise<void> {
  await replaceState(store, source, stream, null, now)
}

/** Makes the next run of the stream read from this state, whatever the warehouse witnesses. */
export async function replaceState(store: StateStore, source: string, stream: string, value: Json, now: number): Promise<StreamState> {
  const current = await store.get(source, stream)
  // A jump by a million outruns any version a lost store could have left in the warehouse's log.
  const state = { version: (current?.version ?? 0) + 1_000_000, value, at: now }
  await store.set(source, stream, state)
  return state
}
