import { toMillraceError } from '../lib/error.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { fail } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { WarehouseRow } from '../warehouse/port.ts'
import { Columns, valueAt } from './columns.ts'
import { versionColumn } from './layout.ts'
import { patiently, underWay } from './patience.ts'
import { type Batch, isOver, type StreamRun } from './stream-run.ts'
import { formatMillis, parseTime } from './time.ts'

/** Rows of one stream, typed as its columns are by now. */
export interface RowBatch extends Batch<WarehouseRow> {
  /** Rows with a value that did not fit. */
  rowErrors: number
}

/** Records as rows: columns learned first, then every value converted or noted in `_millrace_errors`. */
export async function* normalize(batches: AsyncIterable<Batch<JsonObject>>, runId: string, runtime: Runtime): AsyncGenerator<RowBatch> {
  for await (const batch of batches) {
    if (isOver(batch.run)) continue
    try {
      const columns = (batch.run.columns ??= await openColumns(batch.run, runtime))
      yield toRows(batch, columns, runId, runtime.clock.now())
    } catch (thrown) {
      yield { run: batch.run, items: [], firstId: batch.firstId, rowErrors: 0, end: fail(toMillraceError(thrown)) }
    }
  }
}

async function openColumns(run: StreamRun, runtime: Runtime): Promise<Columns> {
  const { signal } = runtime
  const actual = signal.aborted ? undefined : await patiently(underWay, runtime, () => run.target.existing(signal))
  return new Columns(run.stream, run.mode === 'incremental_deduped', actual?.columns ?? [])
}

function toRows(batch: Batch<JsonObject>, columns: Columns, runId: string, now: number): RowBatch {
  columns.observe(batch.items)
  const loadedAt = formatMillis(now)
  const isKeyed = batch.run.mode === 'incremental_deduped'
  let rowErrors = 0
  const items = batch.items.map((record, index): WarehouseRow => {
    const { row, errors } = columns.toRow(record)
    row._millrace_id = batch.firstId + index
    row._millrace_run = runId
    row._millrace_loaded_at = loadedAt
    if (errors !== undefined) {
      row._millrace_errors = errors
      rowErrors++
    }
    if (isKeyed) row[versionColumn.name] = versionOf(record, batch.run.stream.cursorField, now)
    return row
  })
  return { ...batch, items, rowErrors }
}

/** Orders versions of a row by its cursor; of equal versions ClickHouse keeps the one inserted last. As text: it may pass 2^53. */
function versionOf(record: JsonObject, cursorField: readonly string[] | undefined, now: number): string {
  const cursor = cursorField === undefined ? undefined : valueAt(record, cursorField)
  return String(cursorNumber(cursor) ?? BigInt(now) * 1000n)
}

function cursorNumber(cursor: Json | undefined): bigint | undefined {
  if (typeof cursor === 'number' && cursor >= 0 && Number.isFinite(cursor)) return BigInt(Math.trunc(cursor))
  if (typeof cursor !== 'string') return undefined
  if (/^\d{1,19}$/.test(cursor)) return BigInt(cursor)
  const micros = parseTime(cursor) ?? parseTime(`${cursor}T00:00:00`)
  return micros !== undefined && micros >= 0n ? micros : undefined
}
