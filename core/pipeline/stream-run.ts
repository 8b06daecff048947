import type { CursorRange, Stream } from '../connector/source.ts'
import type { Json } from '../lib/json.ts'
import type { Result } from '../lib/result.ts'
import type { StreamSettings } from '../stack/stream-settings.ts'
import type { Columns } from './columns.ts'
import type { SyncMode } from './mode.ts'
import type { StreamResult } from './result.ts'
import type { ShapeKeeper } from './shape-policy.ts'
import type { StreamState } from './state.ts'
import type { Target } from './target.ts'

/** One stream within one run: what the stages share about it. */
export interface StreamRun {
  stream: Stream
  mode: SyncMode
  settings: StreamSettings
  keeper: ShapeKeeper
  target: Target
  result: StreamResult
  /** It is read from its beginning, into a table beside its own. */
  isRefresh: boolean
  /** Only this part of it is read, and its state left alone. */
  range: CursorRange | undefined
  /** Where the run starts from; undefined is the beginning. */
  state: StreamState | undefined
  /** Records that earlier runs have read of what this one goes on with. */
  idsBefore: number
  /** Known once the first rows come. */
  columns: Columns | undefined
  /** Numbers the versions of rows by their arrival, after this one; undefined where the cursor orders them. */
  arrivalsAfter: bigint | undefined
}

/** A place in a stream up to which a state covers its rows. */
export interface Checkpoint {
  state: Json
  /** Number of the last record covered; records count from 1, over all runs that read the stream from its beginning. */
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
