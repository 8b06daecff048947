import type { Stream } from '../connector/source.ts'
import type { Json } from '../lib/json.ts'
import type { Result } from '../lib/result.ts'
import type { Columns } from './columns.ts'
import type { SyncMode } from './mode.ts'
import type { StreamResult } from './result.ts'
import type { StreamState } from './state.ts'
import type { Target } from './target.ts'

/** One stream within one run: what the stages share about it. */
export interface StreamRun {
  stream: Stream
  mode: SyncMode
  target: Target
  result: StreamResult
  /** Where the run starts from; undefined is the beginning. */
  state: StreamState | undefined
  /** Known once the first rows come. */
  columns: Columns | undefined
  /** Numbers the versions of rows by their arrival, after this one; undefined where the cursor orders them. */
  arrivalsAfter: bigint | undefined
}

/** A place in a stream up to which a state covers its rows. */
export interface Checkpoint {
  state: Json
  /** Number of the last record covered; records count from 1. */
  lastId: number
}

/** What goes from stage to stage: some records or rows of one stream, then a checkpoint, then perhaps its end. */
export interface Batch<Item> {
  run: StreamRun
  items: Item[]
  /** Places in `items` that hold the key of a row which is gone. */
  deleted?: ReadonlySet<number>
  /** Number of the first item. */
  firstId: number
  checkpoint?: Checkpoint | undefined
  end?: Result<void> | undefined
}

export function isOver(run: StreamRun): boolean {
  return run.result.status !== 'running' && run.result.status !== 'queued'
}
