import { toMillraceError } from '../lib/error.ts'
import type { JsonObject } from '../lib/json.ts'
import { fail } from '../lib/result.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { WarehouseRow } from '../warehouse/port.ts'
import { Columns } from './columns.ts'
import { type LineCounts, noCounts } from './log.ts'
import { deletedColumn, versionColumn } from './layout.ts'
import { patiently, underWay } from './patience.ts'
import { type Batch, isOver, type StreamRun } from './stream-run.ts'
import { formatMillis } from './time.ts'
import { versionOf } from './version.ts'

/** Rows of one stream, typed as its columns are by now. */
export interface RowBatch extends Batch<WarehouseRow> {
  /** Key, version and mark of rows to be shown as deleted. Other deletes are among the items: rows with a mark. */
  gone: WarehouseRow[]
  counts: LineCounts
}

/** Records as rows: columns learned first, then every value converted or noted in `_millrace_errors`. */
export async function* normalize(batches: AsyncIterable<Batch<JsonObject>>, runId: string, runtime: Runtime): AsyncGenerator<RowBatch> {
  for await (const batch of batches) {
    if (isOver(batch.run)) continue
    try {
      const columns = (batch.run.columns ??= await openColumns(batch.run, runtime))
      yield toRows(batch, columns, runId, runtime.clock.now())
    } catch (thrown) {
      yield { run: batch.run, items: [], gone: [], firstId: batch.firstId, counts: noCounts, end: fail(toMillraceError(thrown)) }
    }
  }
}

async function openColumns(run: StreamRun, runtime: Runtime): Promise<Columns> {
  const { signal } = runtime
  const isKeyed = run.mode === 'incremental_deduped'
  const actual = signal.aborted ? undefined : await patiently(underWay, runtime, () => run.target.existing(signal))
  if (isKeyed && run.target.marksDeletes && !signal.aborted) {
    run.arrivalsAfter = await patiently(underWay, runtime, () => run.target.highestVersion(signal))
  }
  const { schema = 'evolve', nested = 'json' } = run.settings
  const options = { isKeyed, isFlat: nested === 'flatten', isClosed: schema !== 'evolve' }
  return new Columns(run.stream, options, actual?.columns ?? [])
}

function toRows(batch: Batch<JsonObject>, columns: Columns, runId: string, now: number): RowBatch {
  const { run, deleted } = batch
  columns.observe(batch.items)
  const loadedAt = formatMillis(now)
  const isKeyed = run.mode === 'incremental_deduped'
  const items: WarehouseRow[] = []
  const gone: WarehouseRow[] = []
  const { rows: rowsBefore, values: valuesBefore } = run.keeper
  let rowErrors = 0
  for (const [index, record] of batch.items.entries()) {
    const id = batch.firstId + index
    const isDeleted = deleted?.has(index) === true
    const { row, misfits } = isDeleted && isKeyed ? { row: columns.toKey(record), misfits: undefined } : columns.toRow(record)
    const verdict = misfits === undefined ? undefined : run.keeper.judge(misfits)
    if (verdict?.keepsRow === false) continue
    row._millrace_id = id
    row._millrace_run = runId
    row._millrace_loaded_at = loadedAt
    if (verdict?.errors !== undefined) {
      row._millrace_errors = verdict.errors
      rowErrors++
    }
    if (isKeyed) row[versionColumn.name] = versionOf(run, record, id, now)
    if (isDeleted) row[deletedColumn.name] = loadedAt
    if (isDeleted && run.target.showsDeleted) gone.push(row)
    else items.push(row)
  }
  const rowsDiscarded = run.keeper.rows - rowsBefore
  const valuesDiscarded = run.keeper.values - valuesBefore
  return {
    ...batch,
    items,
    gone,
    counts: { rows: items.length + gone.length, rowErrors, rowsDeleted: deleted?.size ?? 0, rowsDiscarded, valuesDiscarded },
  }
}
