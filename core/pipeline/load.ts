import { type MillraceError, toMillraceError } from '../lib/error.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { Warehouse, WarehouseRow } from '../warehouse/port.ts'
import { type LoadLine, once, writeLine } from './log.ts'
import type { RowBatch } from './normalize.ts'
import { patiently, underWay } from './patience.ts'
import { keepsAllRows, removeAfter } from './recover.ts'
import type { StateStore, StreamState } from './state.ts'
import { type Checkpoint, isOver, type StreamRun } from './stream-run.ts'
import { plain } from './target.ts'

export interface LoadContext {
  warehouse: Warehouse
  store: StateStore
  sourceName: string
  runId: string
  runtime: Runtime
  /** Called after each batch and each end. */
  onProgress: () => void
}

/** What undoing a failed stream may take, in milliseconds, once the run itself is cancelled. */
const undoTimeout = 60_000

/** How far a stream's load has come. */
interface Progress {
  lines: number
  batches: number
  committedId: number
  version: number
}

/**
 * Loads batches, and only after the warehouse has acknowledged a checkpoint's rows notes it in
 * `millrace.loads`, and only then stores the state. A stream that fails is undone and the others go on.
 */
export async function load(batches: AsyncIterable<RowBatch>, context: LoadContext): Promise<void> {
  const progress = new Map<StreamRun, Progress>()
  for await (const batch of batches) {
    const { run } = batch
    if (isOver(run)) continue
    let entry = progress.get(run)
    if (entry === undefined) {
      entry = { lines: 0, batches: 0, committedId: 0, version: run.state?.version ?? 0 }
      progress.set(run, entry)
    }
    try {
      if (!context.runtime.signal.aborted) await loadBatch(batch, entry, context)
      if (batch.end?.ok === true) await finish(run, entry, context)
      else if (batch.end?.ok === false) await giveUp(run, entry, batch.end.error, context)
    } catch (thrown) {
      await giveUp(run, entry, toMillraceError(thrown), context)
    }
    context.onProgress()
  }
}

async function loadBatch(batch: RowBatch, entry: Progress, context: LoadContext): Promise<void> {
  const { run, items } = batch
  const { signal } = context.runtime
  const { gone } = batch
  const count = items.length + gone.length
  if (count > 0) {
    if (entry.lines === 0) await note(run, entry, { status: 'begun', lastId: 0, rows: 0, rowErrors: 0 }, context)
    await patiently(underWay, context.runtime, () => run.target.bring(run.columns!, signal))
    if (items.length > 0) await patiently(underWay, context.runtime, () => insertRows(run, items, entry.batches, context))
    if (gone.length > 0) await patiently(underWay, context.runtime, () => run.target.markDeleted(run.columns!, gone, signal))
    entry.batches++
    run.result.rows_written += count
    run.result.rows_deleted += batch.deleted?.size ?? 0
    run.result.row_errors += batch.rowErrors
  }
  if (batch.checkpoint !== undefined) await commit(run, entry, batch.checkpoint, count, batch.rowErrors, context)
}

async function insertRows(run: StreamRun, rows: readonly WarehouseRow[], number: number, context: LoadContext): Promise<void> {
  await context.warehouse.insert(run.target.written, once(rows), {
    signal: context.runtime.signal,
    deduplicationToken: `${context.sourceName}/${run.stream.name}/${context.runId}/rows/${number}`,
    settings: { date_time_input_format: 'best_effort', type_json_skip_duplicated_paths: 1 },
  })
}

/** The order is the promise: rows, then their witness in the load log, then the state. */
async function commit(
  run: StreamRun,
  entry: Progress,
  checkpoint: Checkpoint,
  rows: number,
  rowErrors: number,
  context: LoadContext,
): Promise<void> {
  const isSame = run.state !== undefined && JSON.stringify(run.state.value) === JSON.stringify(checkpoint.state)
  if (isSame && checkpoint.lastId === entry.committedId) return
  const state: StreamState = { version: entry.version + 1, value: checkpoint.state, at: context.runtime.clock.now() }
  await note(run, entry, { status: 'committed', lastId: checkpoint.lastId, rows, rowErrors, state }, context)
  await context.store.set(context.sourceName, run.stream.name, state)
  entry.version = state.version
  entry.committedId = checkpoint.lastId
  run.state = state
}

async function finish(run: StreamRun, entry: Progress, context: LoadContext): Promise<void> {
  const { signal } = context.runtime
  await patiently(underWay, context.runtime, () => publish(run, context, signal))
  run.result.changes = [...run.target.changes]
  const { rows_written: rows, row_errors: rowErrors, rows_read: lastId } = run.result
  await note(run, entry, { status: 'succeeded', lastId, rows, rowErrors, changes: run.target.changes }, context)
  end(run, 'succeeded', undefined, context)
}

/** Shows what was read: an overwrite swaps; a stream that had no rows yet gets its empty table. */
async function publish(run: StreamRun, context: LoadContext, signal: AbortSignal): Promise<void> {
  const { target, columns, mode, stream } = run
  const existing = await target.existing(signal)
  const isEmpty = run.result.rows_written === 0
  if (mode === 'full_refresh_overwrite') {
    if (isEmpty && existing !== undefined) {
      const sentence = `keep ${plain(target.shown)} as it was: the source gave no rows`
      if (!target.changes.includes(sentence)) target.changes.push(sentence)
      context.runtime.log('warn', `The stream ${stream.name} is empty, so its table is left as it was`, { table: plain(target.shown) })
      return target.discard(signal)
    }
    await target.bring(columns!, signal)
    await target.swap(signal)
  } else if (existing === undefined && (mode !== 'incremental_deduped' || hasKey(run))) await target.bring(columns!, signal)
}

function hasKey(run: StreamRun): boolean {
  return run.stream.primaryKey.every((path) => run.columns!.all.some((column) => column.path.join('\0') === path.join('\0')))
}

/** Takes back what no state covers, so that the next run finds the stream as the state says. */
async function giveUp(run: StreamRun, entry: Progress, error: MillraceError, context: LoadContext): Promise<void> {
  const isCancelled = context.runtime.signal.aborted
  const signal = AbortSignal.timeout(undoTimeout)
  try {
    if (run.mode === 'full_refresh_overwrite') await run.target.discard(signal)
    else if (keepsAllRows(run.mode) && entry.batches > 0) {
      await removeAfter(context.warehouse, run.target.written, context.runId, entry.committedId, signal)
    }
    if (entry.lines > 0) {
      const line: LoadLine = {
        status: 'failed',
        lastId: entry.committedId,
        rows: run.result.rows_written,
        rowErrors: run.result.row_errors,
        error: error.message,
      }
      await note(run, entry, { ...line, changes: run.target.changes }, context, signal)
    }
  } catch (thrown) {
    // The run stays open in the load log, and the next one undoes it.
    context.runtime.log('warn', 'What the failed stream had written could not be undone yet', {
      stream: run.stream.name,
      reason: toMillraceError(thrown).message,
    })
  }
  run.result.changes = [...run.target.changes]
  end(run, isCancelled ? 'cancelled' : 'failed', error, context)
}

function end(run: StreamRun, status: 'succeeded' | 'failed' | 'cancelled', error: MillraceError | undefined, context: LoadContext): void {
  run.result.status = status
  run.result.endedAt = context.runtime.clock.now()
  if (error === undefined) {
    const { rows_written: rows, row_errors: rowErrors, table } = run.result
    context.runtime.log(
      'info',
      `${run.stream.name}: ${rows} rows into ${plain(table)}`,
      rowErrors === 0 ? undefined : { row_errors: rowErrors },
    )
    return
  }
  run.result.error = error.toJSON()
  context.runtime.log(status === 'cancelled' ? 'warn' : 'error', `The stream ${run.stream.name} ${status}: ${error.message}`, {
    code: error.code,
  })
}

async function note(run: StreamRun, entry: Progress, line: LoadLine, context: LoadContext, signal = context.runtime.signal): Promise<void> {
  const subject = { source: context.sourceName, stream: run.stream.name, run: context.runId, mode: run.mode, target: run.target.written }
  const { warehouse, runtime } = context
  await patiently(underWay, { ...runtime, signal }, () => writeLine(warehouse, subject, line, entry.lines, runtime.clock.now(), signal))
  entry.lines++
}
