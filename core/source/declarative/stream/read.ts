import type { CursorRange, ReadMode, SourceMessage } from '../../../connector/source.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { customOf } from '../custom.ts'
import type { Context } from '../interpolation.ts'
import type { DelegatingComponent, ParentComponent, RetrieverComponent, StreamComponent } from '../manifest/stream-component.ts'
import { createCursor } from './create-cursor.ts'
import { type Cursor, further } from './cursor.ts'
import { customPlace, type Engine } from './engine.ts'
import { inOrder } from './in-order.ts'
import { readJob } from './job.ts'
import { migrateState } from './migrate-state.ts'
import { type ParentPart, partitions, type ReadParent } from './partition.ts'
import { isObject } from './path.ts'
import { contextOf, readPages } from './retrieve.ts'
import { loadSchema } from './schema.ts'
import { needsSchema, type Shaping } from './select.ts'
import type { Slice } from './slice.ts'
import { CursorState } from './state.ts'

/** States of a stream in partitions grow with them; one is given each so many records. */
const recordsPerState = 1000

/** Parents of parents: deeper than any API nests. */
const maxParents = 10

export type AnyStream = StreamComponent | DelegatingComponent

export interface Reading {
  mode: ReadMode
  state: Json | undefined
  range: CursorRange | undefined
}

/** Reads a stream slice by slice: `records`, and in incremental mode a `state` after what it covers. */
export async function* readStream(component: AnyStream, reading: Reading, engine: Engine): AsyncGenerator<SourceMessage> {
  const stream = streamFor(component, reading.mode === 'incremental' ? reading.state : undefined)
  for await (const part of readParts(stream, reading, engine, 0)) {
    if ('state' in part) yield { type: 'state', stream: component.name, state: part.state }
    else yield { type: 'records', stream: component.name, records: part.records }
  }
}

/** The stream that a StateDelegatingStream stands for, with such a state. */
export function streamFor(component: AnyStream, state: Json | undefined): StreamComponent {
  if (component.type === 'DeclarativeStream') return component
  const hasState = isObject(state) && Object.keys(state).length > 0
  return hasState ? component.incremental_stream : component.full_refresh_stream
}

/** The first records of a stream, for a check: undefined when it has none. */
export async function firstRecords(component: AnyStream, engine: Engine): Promise<JsonObject[] | undefined> {
  const stream = streamFor(component, undefined)
  const cursor = cursorOf(stream, engine)
  const shaping = await shapingOf(stream, engine)
  for await (const item of slicesOf(stream, cursor, undefined, undefined, engine, 0)) {
    if ('parent' in item) continue
    for await (const records of readSlice(stream, shaping, item, cursor, engine)) return records
    return undefined
  }
  return undefined
}

/** All records that a retriever gets, apart from any stream, with what expressions know of where they are from. */
export async function* recordsOf(
  retriever: RetrieverComponent,
  engine: Engine,
): AsyncGenerator<{ records: JsonObject[]; context: Context }> {
  const stream = bareStream('components', retriever)
  const shaping = await shapingOf(stream, engine)
  for await (const item of slicesOf(stream, undefined, undefined, undefined, engine, 0)) {
    if ('parent' in item) continue
    for await (const records of readSlice(stream, shaping, item, undefined, engine)) yield { records, context: contextOf(item) }
  }
}

/** The JSON Schema of a stream, asked of the API where the manifest says so. */
export function schemaOf(stream: StreamComponent, engine: Engine): Promise<JsonObject> {
  return loadSchema(stream, engine, async (loader) => (await firstRecords(bareStream(stream.name, loader.retriever), engine))?.[0])
}

async function* readParts(stream: StreamComponent, reading: Reading, engine: Engine, depth: number): AsyncGenerator<ParentPart> {
  const cursor = cursorOf(stream, engine)
  const isIncremental = reading.mode === 'incremental' && cursor !== undefined
  const isBackfill = isIncremental && reading.range !== undefined
  const isPartitioned = stream.retriever.partition_router.length > 0
  const state = isIncremental && !isBackfill ? migrateState(stream, reading.state, engine) : undefined
  const reached = isIncremental ? new CursorState(cursor, isPartitioned, state) : undefined
  const range = isBackfill ? reading.range : undefined
  const shaping = await shapingOf(stream, engine)
  const started = engine.runtime.clock.now()
  let current: Slice['partition'] | undefined
  let value: Json | undefined
  let sinceState = 0
  let isTold = true
  const within = (signal: AbortSignal): Engine => ({ ...engine, runtime: { ...engine.runtime, signal } })
  const width = depth > 0 ? 1 : stream.retriever.type === 'AsyncRetriever' ? engine.jobs : engine.concurrency
  const flow = inOrder(
    (signal) => slicesOf(stream, cursor, isBackfill ? undefined : reached, range, within(signal), depth),
    width,
    engine.runtime.signal,
    (item, signal) => ('parent' in item ? nothing() : readSlice(stream, shaping, item, cursor, within(signal))),
  )
  for await (const { item, part: records } of flow) {
    if ('parent' in item) {
      if (reached) reached.parents[item.parent] = item.state
      isTold = false
      continue
    }
    if (item.partition !== current) {
      current = item.partition
      value = reached?.get(current.key)
    }
    if (records !== undefined) {
      if (reached) for (const record of records) value = further(cursor!, value, record, item.interval!)
      sinceState += records.length
      yield { records, partition: item.partition.key }
      continue
    }
    if (reached === undefined || isBackfill || value === undefined) continue
    reached.advance(current.key, value)
    isTold = false
    if (isPartitioned && sinceState < recordsPerState) continue
    const told = reached.toJson()
    if (told === undefined) continue
    sinceState = 0
    isTold = true
    yield { state: told }
  }
  const last = isBackfill || isTold ? undefined : reached?.atEnd(engine.runtime.clock.now() - started)
  if (last !== undefined) yield { state: last }
}

type Item = Slice | { parent: string; state: Json }

/** The slices of a stream in order, and among them how far its parents have come. */
async function* slicesOf(
  stream: StreamComponent,
  cursor: Cursor | undefined,
  reached: CursorState | undefined,
  range: CursorRange | undefined,
  engine: Engine,
  depth: number,
): AsyncGenerator<Item> {
  // What was reached when the run began: `reached` itself moves while slices are made ahead.
  const parents = { ...reached?.parents }
  for await (const division of partitions(
    stream.retriever.partition_router,
    parentReader(stream, reached, parents, engine, depth),
    engine,
  )) {
    if ('parent' in division) yield division
    else if (cursor === undefined) yield { partition: division.partition }
    else {
      const beginning = { state: reached?.get(division.partition.key), range, lookback: reached?.lookback ?? 0 }
      for (const interval of cursor.intervals(beginning)) yield { partition: division.partition, interval }
    }
  }
}

/**
 * Reads parent streams: incrementally where the manifest says that a parent changes with its children
 * (`incremental_dependency`), else whole, from their own start.
 */
function parentReader(
  child: StreamComponent,
  reached: CursorState | undefined,
  states: JsonObject,
  engine: Engine,
  depth: number,
): ReadParent {
  return (parent: ParentComponent, isIncremental: boolean) => {
    if (depth >= maxParents) throw new Error(`the parent streams of ${child.name} are nested too deep`)
    const state = reached === undefined || !isIncremental ? undefined : states[parent.stream.name]
    const stream = streamFor(parent.stream, state)
    const mode = reached !== undefined && isIncremental ? 'incremental' : 'full-refresh'
    return readParts(stream, { mode, state, range: undefined }, engine, depth + 1)
  }
}

async function* readSlice(
  stream: StreamComponent,
  shaping: Shaping,
  slice: Slice,
  cursor: Cursor | undefined,
  engine: Engine,
): AsyncGenerator<JsonObject[]> {
  const { retriever } = stream
  switch (retriever.type) {
    case 'SimpleRetriever':
      return yield* readPages(
        {
          name: stream.name,
          requester: retriever.requester,
          decoder: retriever.decoder,
          paginator: retriever.paginator,
          shaping,
          sliceOptions: retriever.ignore_stream_slicer_parameters_on_paginated_requests ? 'first' : 'all',
          routers: retriever.partition_router,
        },
        slice,
        cursor,
        engine,
      )
    case 'AsyncRetriever':
      return yield* readJob(stream.name, retriever, shaping, slice, cursor, engine)
    case 'CustomRetriever':
      return yield* customOf(engine.custom, retriever)(customPlace(retriever, contextOf(slice), engine))
  }
}

async function shapingOf(stream: StreamComponent, engine: Engine): Promise<Shaping> {
  const { retriever, transformations } = stream
  const selector = retriever.type === 'CustomRetriever' ? everything : retriever.record_selector
  return { selector, transformations, schema: needsSchema(selector) ? await schemaOf(stream, engine) : undefined }
}

const everything: Shaping['selector'] = {
  $parameters: {},
  type: 'RecordSelector',
  extractor: { $parameters: {}, type: 'DpathExtractor', field_path: [] },
}

/** A retriever that belongs to no stream, as one. */
function bareStream(name: string, retriever: RetrieverComponent): StreamComponent {
  return {
    $parameters: {},
    type: 'DeclarativeStream',
    name,
    retriever,
    primary_key: [],
    transformations: [],
    schema_loader: [],
    state_migrations: [],
  }
}

function cursorOf(stream: StreamComponent, engine: Engine): Cursor | undefined {
  if (stream.incremental_sync === undefined) return undefined
  return createCursor(stream.incremental_sync, engine.interpolation, engine.runtime.clock.now())
}

async function* nothing(): AsyncGenerator<never> {
  // A state of a parent has no records.
}
