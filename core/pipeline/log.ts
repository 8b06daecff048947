import type { Json } from '../lib/json.ts'
import { migrate } from '../warehouse/migrate.ts'
import { queryRows, type TableName, type Warehouse } from '../warehouse/port.ts'
import type { SyncMode } from './mode.ts'
import type { StreamState } from './state.ts'
import { loads } from './tables.ts'
import { formatMillis } from './time.ts'

export interface LineCounts {
  rows: number
  rowErrors: number
  rowsDeleted: number
  rowsDiscarded: number
  valuesDiscarded: number
}

export const noCounts: LineCounts = { rows: 0, rowErrors: 0, rowsDeleted: 0, rowsDiscarded: 0, valuesDiscarded: 0 }

export interface LoadLine {
  status: 'begun' | 'committed' | 'staged' | 'swapping' | 'succeeded' | 'failed' | 'undone'
  lastId: number
  counts?: LineCounts
  /** Version 0 when it is not the stream's state yet. */
  state?: Pick<StreamState, 'version' | 'value'> | undefined
  changes?: readonly string[]
  error?: string
}

/** Who a line of `millrace.loads` is about. */
export interface LoadSubject {
  source: string
  stream: string
  run: string
  mode: SyncMode
  target: TableName
  /** Of a reading from the beginning: the run that began it. */
  attempt: string
}

export async function prepareLog(warehouse: Warehouse, signal: AbortSignal): Promise<void> {
  await migrate(warehouse, [loads], { signal })
}

/** Writes a line; `number` counts the run's lines of the stream, so that a repeated write is one. */
export async function writeLine(
  warehouse: Warehouse,
  subject: LoadSubject,
  line: LoadLine,
  number: number,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const { counts = noCounts } = line
  const row = {
    at: formatMillis(now),
    source: subject.source,
    stream: subject.stream,
    run: subject.run,
    status: line.status,
    mode: subject.mode,
    target: `${subject.target.database}.${subject.target.table}`,
    last_id: line.lastId,
    rows: counts.rows,
    row_errors: counts.rowErrors,
    rows_deleted: counts.rowsDeleted,
    rows_discarded: counts.rowsDiscarded,
    values_discarded: counts.valuesDiscarded,
    attempt: subject.attempt,
    state_version: line.state?.version ?? 0,
    state: line.state === undefined ? '' : JSON.stringify(line.state.value),
    changes: [...(line.changes ?? [])],
    error: line.error ?? '',
  }
  await warehouse.insert(loads.name, once([row]), {
    signal,
    columns: Object.keys(row),
    deduplicationToken: `${subject.source}/${subject.stream}/${subject.run}/${number}`,
  })
}

/** The last state that the log witnesses for a stream. */
export async function witnessedState(
  warehouse: Warehouse,
  source: string,
  stream: string,
  signal: AbortSignal,
): Promise<StreamState | undefined> {
  const [row] = await queryRows<{ state_version: string; state: string; at: string }>(
    warehouse,
    `SELECT state_version, state, toUnixTimestamp64Milli(at) AS at FROM ${loads.name.database}.${loads.name.table}
     WHERE source = {source:String} AND stream = {stream:String} AND state_version > 0 ORDER BY state_version DESC LIMIT 1`,
    { signal, params: { source, stream } },
  )
  if (row === undefined) return undefined
  return { version: Number(row.state_version), value: JSON.parse(row.state) as Json, at: Number(row.at) }
}

/** The source that was the last to put rows into one of these tables. */
export async function lastWriter(warehouse: Warehouse, targets: readonly TableName[], signal: AbortSignal): Promise<string | undefined> {
  const names = targets.map(({ database, table }) => `${database}.${table}`)
  const [row] = await queryRows<{ source: string }>(
    warehouse,
    `SELECT source FROM ${loads.name.database}.${loads.name.table}
     WHERE target IN ({names:Array(String)}) AND status IN ('committed', 'staged', 'succeeded') ORDER BY at DESC LIMIT 1`,
    { signal, params: { names } },
  )
  return row?.source
}

/** The streams of a source for which the log witnesses a state. */
export async function witnessedStreams(warehouse: Warehouse, source: string, signal: AbortSignal): Promise<string[]> {
  const rows = await queryRows<{ stream: string }>(
    warehouse,
    `SELECT DISTINCT stream FROM ${loads.name.database}.${loads.name.table} WHERE source = {source:String} AND state_version > 0`,
    { signal, params: { source } },
  )
  return rows.map(({ stream }) => stream)
}

/** A run that began to load a stream and never said how it ended: it was killed. */
export interface OpenLoad {
  run: string
  mode: SyncMode
  target: TableName
  attempt: string
  /** Its rows up to here are covered by a committed state. */
  lastId: number
}

export async function openLoads(warehouse: Warehouse, source: string, stream: string, signal: AbortSignal): Promise<OpenLoad[]> {
  const rows = await queryRows<{ run: string; mode: SyncMode; target: string; attempt: string; last_id: string }>(
    warehouse,
    `SELECT run, any(mode) AS mode, any(target) AS target, any(attempt) AS attempt, maxIf(last_id, status IN ('committed', 'staged')) AS last_id
     FROM ${loads.name.database}.${loads.name.table}
     WHERE source = {source:String} AND stream = {stream:String}
     GROUP BY run HAVING countIf(status = 'begun') > 0 AND countIf(status IN ('succeeded', 'failed', 'undone')) = 0`,
    { signal, params: { source, stream } },
  )
  return rows.map(({ run, mode, target, attempt, last_id: lastId }) => {
    const dot = target.indexOf('.')
    return { run, mode, attempt, target: { database: target.slice(0, dot), table: target.slice(dot + 1) }, lastId: Number(lastId) }
  })
}

export async function* once<Item>(item: Item): AsyncGenerator<Item> {
  yield item
}
