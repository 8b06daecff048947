import type { ReadMode, SourceMessage } from '../../../connector/source.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import type { StreamComponent } from '../manifest/component.ts'
import { TimeCursor } from './cursor.ts'
import { partitions, type ReadParent } from './partition.ts'
import { type Engine, readPages, type Slice } from './retrieve.ts'
import { CursorState } from './state.ts'

/** States of a stream in partitions grow with them; one is given each so many records. */
const recordsPerState = 1000

/** Parents of parents: deeper than any API nests. */
const maxParents = 10

/** Reads a stream slice by slice: `records`, and in incremental mode a `state` after what it covers. */
export async function* readStream(
  stream: StreamComponent,
  mode: ReadMode,
  state: Json | undefined,
  engine: Engine,
): AsyncGenerator<SourceMessage> {
  const routers = stream.retriever.partition_router
  const isIncremental = mode === 'incremental' && stream.incremental_sync !== undefined
  const cursor = cursorOf(stream, engine)
  const reached = new CursorState(cursor?.field ?? '', routers.length > 0, isIncremental ? state : undefined)
  let sinceState = 0
  for await (const partition of partitions(routers, parentReader(engine, 0), engine.interpolation)) {
    let value = reached.get(partition.key)
    for (const slice of slices(partition, cursor, isIncremental ? value : undefined)) {
      for await (const records of readPages(stream, slice, cursor, engine)) {
        if (isIncremental) for (const record of records) value = cursor!.further(value, record, slice.interval!)
        sinceState += records.length
        yield { type: 'records', stream: stream.name, records }
      }
      if (!isIncremental || value === undefined) continue
      reached.advance(partition.key, value)
      if (routers.length > 0 && sinceState < recordsPerState) continue
      sinceState = 0
      yield { type: 'state', stream: stream.name, state: reached.toJson()! }
    }
  }
  const last = isIncremental ? reached.toJson() : undefined
  if (last !== undefined) yield { type: 'state', stream: stream.name, state: last }
}

function cursorOf(stream: StreamComponent, engine: Engine): TimeCursor | undefined {
  if (stream.incremental_sync === undefined) return undefined
  return new TimeCursor(stream.incremental_sync, engine.interpolation, engine.runtime.clock.now())
}

function* slices(partition: Slice['partition'], cursor: TimeCursor | undefined, state: Json | undefined): Generator<Slice> {
  if (cursor === undefined) yield { partition }
  else for (const interval of cursor.intervals(state)) yield { partition, interval }
}

/** Reads a parent stream whole, from its own start: a parent's children may change when the parent did not. */
function parentReader(engine: Engine, depth: number): ReadParent {
  return async function* (parent: StreamComponent) {
    if (depth > maxParents) throw new Error('parent streams are nested too deep')
    const cursor = cursorOf(parent, engine)
    const routers = parent.retriever.partition_router
    for await (const partition of partitions(routers, parentReader(engine, depth + 1), engine.interpolation)) {
      for (const slice of slices(partition, cursor, undefined)) {
        for await (const records of readPages(parent, slice, cursor, engine)) yield { records, partition: partition.key }
      }
    }
  }
}

/** The first records of a stream, for a check: undefined when it has none. */
export async function firstRecords(stream: StreamComponent, engine: Engine): Promise<JsonObject[] | undefined> {
  const cursor = cursorOf(stream, engine)
  for await (const partition of partitions(stream.retriever.partition_router, parentReader(engine, 0), engine.interpolation)) {
    for (const slice of slices(partition, cursor, undefined)) {
      for await (const records of readPages(stream, slice, cursor, engine)) return records
      return undefined
    }
  }
  return undefined
}
