import type { z } from 'zod'
import type { Json, JsonObject } from '../lib/json.ts'
import type { Result } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'

/**
 * A source: something rows are read from. One folder under `core/source/` (or `desktop/connector/`
 * when it needs Node), one line in the registry.
 *
 * `read` must yield a `state` message only after every record it covers, and must be resumable from
 * any state it has yielded: the pipeline commits a state once the records before it are in the warehouse.
 */
export interface Source<Config = unknown> {
  /** kebab-case, as `connector:` names it in a source file. */
  name: string
  title: string
  description: string
  /** Draws the form, checks the file, types the code. Every field has `.describe()`; secrets are `.meta({ secret: true })`. */
  config: z.ZodType<Config>
  /** One cheap call that proves the settings work. */
  check(config: Config, runtime: Runtime): Promise<Result<void>>
  discover(config: Config, runtime: Runtime): Promise<Result<Catalog>>
  /** Whether a state that a person wrote is one that `read` would take up; of sources without it, any JSON is. */
  checkState?(config: Config, stream: string, state: Json, runtime: Runtime): Result<void>
  read(config: Config, request: ReadRequest, runtime: Runtime): AsyncIterable<SourceMessage>
}

export interface Catalog {
  streams: Stream[]
}

export interface Stream {
  name: string
  /** JSON Schema (2020-12) of a record; `{ type: 'object' }` when nothing is known beforehand. */
  schema: JsonObject
  /** Paths of the key columns, outermost first: `['id']`, or `['account', 'id']` for a nested field. Empty: no key. */
  primaryKey: string[][]
  /** Path of the cursor field when the source can read incrementally. */
  cursorField?: string[]
  modes: ReadMode[]
  /** Its incremental reads tell of deleted rows, by `deletes` messages. */
  tellsDeletes?: boolean
  /** Its full refreshes yield states too, from which one that broke off is taken up again. */
  resumable?: boolean
}

export type ReadMode = 'full-refresh' | 'incremental'

export interface ReadRequest {
  streams: StreamRequest[]
}

export interface StreamRequest {
  name: string
  mode: ReadMode
  /** A state it has yielded: of an incremental read where the last one ended, of a full refresh where it broke off. */
  state?: Json
  /**
   * Only records whose cursor is in this range: a backfill. Values of the cursor field, `from` included, `to` not.
   * Only for streams with a cursor field, in incremental mode, without a state; the states it yields are not kept.
   */
  range?: CursorRange
}

export interface CursorRange {
  from?: string
  to?: string
}

export type SourceMessage =
  | { type: 'records'; stream: string; records: JsonObject[] }
  /** Rows that are gone at the source, in their order among `records`: each an object with the fields of the primary key. */
  | { type: 'deletes'; stream: string; keys: JsonObject[] }
  /** Everything the stream has yielded so far is covered by `state`. */
  | { type: 'state'; stream: string; state: Json }
  /** The stream has ended: whole, or with the error that ended it. The other streams go on. */
  | { type: 'done'; stream: string; result: Result<void> }

/** Types a source by its config schema. */
export function defineSource<Config>(source: Source<Config>): Source<Config> {
  return source
}
