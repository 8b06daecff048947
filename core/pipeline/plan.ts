import type { Catalog, Stream } from '../connector/source.ts'
import { MillraceError } from '../lib/error.ts'
import type { ShapeSettings, StreamSettings } from '../stack/stream-settings.ts'
import type { Warehouse } from '../warehouse/port.ts'
import { defaultMode, readMode, type SyncMode } from './mode.ts'
import { snakeCase } from './name.ts'
import { refuseOrder, type RunOrder } from './order.ts'
import type { StreamResult } from './result.ts'
import { ShapeKeeper } from './shape-policy.ts'
import type { StreamRun } from './stream-run.ts'
import { Target } from './target.ts'

export interface PlanOptions {
  sourceName: string
  database: string
  streams: Record<string, StreamSettings> | undefined
  defaults: ShapeSettings
  order: RunOrder
  warehouse: Warehouse
  now: number
}

/** The streams of a run, each with its mode and table. One that cannot be read so has failed already. */
export function planStreams(catalog: Catalog, options: PlanOptions): StreamRun[] {
  const runs: StreamRun[] = []
  for (const stream of chosenStreams(catalog, options)) runs.push(planStream(stream, options, runs))
  return runs
}

function chosenStreams(catalog: Catalog, { streams, order, sourceName }: PlanOptions): Stream[] {
  const offered = catalog.streams
  const inFile = streams === undefined ? offered : Object.keys(streams).map((name) => find(offered, name, sourceName, 'it has'))
  return order.streams === undefined ? inFile : order.streams.map((name) => find(inFile, name, sourceName, 'it reads'))
}

function find(streams: readonly Stream[], name: string, source: string, verb: string): Stream {
  const stream = streams.find((candidate) => candidate.name === name)
  if (stream !== undefined) return stream
  throw new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `The source ${source} has no stream "${name}"; ${verb} ${streams.map((candidate) => candidate.name).join(', ')}.`,
    mend: 'Correct streams in the source file, or the name that was asked for.',
  })
}

function planStream(stream: Stream, options: PlanOptions, others: readonly StreamRun[]): StreamRun {
  const settings = { ...options.defaults, ...options.streams?.[stream.name] }
  const mode = settings.mode ?? defaultMode(stream)
  const table = { database: options.database, table: snakeCase(stream.name) }
  const result: StreamResult = {
    stream: stream.name,
    table,
    mode,
    status: 'queued',
    rows_read: 0,
    rows_written: 0,
    row_errors: 0,
    rows_deleted: 0,
    rows_discarded: 0,
    values_discarded: 0,
    changes: [],
    startedAt: options.now,
  }
  const refusal = refuseMode(stream, mode) ?? refuseOrder(stream, mode, options.order) ?? refuseTable(stream, table, others)
  if (refusal !== undefined) Object.assign(result, { status: 'failed', error: refusal.toJSON() } satisfies Partial<StreamResult>)
  return {
    stream,
    mode,
    settings,
    keeper: new ShapeKeeper(settings.schema ?? 'evolve', stream.name),
    result,
    target: new Target({ name: table, mode, stream, deletes: settings.deletes ?? 'hard', warehouse: options.warehouse }),
    isRefresh: mode === 'full_refresh_overwrite' || options.order.refresh === true,
    range: options.order.range,
    state: undefined,
    idsBefore: 0,
    columns: undefined,
    arrivalsAfter: undefined,
  }
}

function refuseMode(stream: Stream, mode: SyncMode): MillraceError | undefined {
  const lacks =
    readMode(mode) === 'incremental' && !stream.modes.includes('incremental')
      ? 'it has no cursor'
      : mode === 'incremental_deduped' && stream.primaryKey.length === 0
        ? 'it has no primary key'
        : undefined
  if (lacks === undefined) return undefined
  return new MillraceError({
    code: 'mode-not-possible',
    fault: 'config',
    message: `The stream ${stream.name} cannot be read with the mode ${mode}: ${lacks}.`,
    mend: 'Take another mode, or leave it out: the best one is chosen then.',
  })
}

function refuseTable(stream: Stream, table: { table: string }, others: readonly StreamRun[]): MillraceError | undefined {
  const other = others.find(({ result }) => result.table.table === table.table)
  if (other === undefined) return undefined
  return new MillraceError({
    code: 'table-taken',
    fault: 'config',
    message: `The streams ${other.stream.name} and ${stream.name} would both be the table ${table.table}.`,
    mend: 'Leave one of them out under streams of the source file.',
  })
}
