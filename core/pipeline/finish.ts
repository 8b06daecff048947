import { type MillraceError, toMillraceError } from '../lib/error.ts'
import type { Log } from '../lib/runtime.ts'
import type { RunContext } from './context.ts'
import type { Ledger } from './ledger.ts'
import { patiently, underWay } from './patience.ts'
import { keepsAllRows, removeAfter } from './recover.ts'
import type { StreamRun } from './stream-run.ts'
import { plain } from './target.ts'

/** What undoing a failed stream may take, in milliseconds, once the run itself is cancelled. */
const undoTimeout = 60_000

/** A stream that came to its end: what was staged is swapped in, and its state becomes the stream's. */
export async function finish(run: StreamRun, ledger: Ledger, context: RunContext): Promise<void> {
  const { runtime } = context
  const { signal } = runtime
  const { target } = run
  if (target.staged === undefined) await patiently(underWay, runtime, () => makeTable(run, signal))
  const isSwapped = target.staged !== undefined && !(await keepsOld(run, context))
  if (isSwapped) {
    await patiently(underWay, runtime, () => target.bring(run.columns!, signal))
    await ledger.announceSwap()
    await patiently(underWay, runtime, () => target.swap(runtime.clock.now(), signal))
  }
  run.result.changes = ledger.changes()
  await ledger.succeed(isSwapped)
  end(run, 'succeeded', undefined, context)
}

/** Takes back what no state covers, so that the next run finds the stream as the state says. */
export async function giveUp(run: StreamRun, ledger: Ledger, error: MillraceError, context: RunContext): Promise<void> {
  const isCancelled = context.runtime.signal.aborted
  const signal = AbortSignal.timeout(undoTimeout)
  const { target } = run
  try {
    if (target.staged === undefined && keepsAllRows(run.mode) && ledger.hasBegun) {
      await removeAfter(context.warehouse, target.written, ledger.coveredId, signal, context.runId)
    }
    if (target.staged !== undefined && !ledger.canGoOn) await target.discard(signal)
    await ledger.fail(error.message, signal)
  } catch (thrown) {
    // The run stays open in the load log, and the next one undoes it.
    context.runtime.log('warn', 'What the failed stream had written could not be undone yet', {
      stream: run.stream.name,
      reason: toMillraceError(thrown).message,
    })
  }
  run.result.changes = ledger.changes()
  end(run, isCancelled ? 'cancelled' : 'failed', error, context)
}

/** A stream that had no rows yet gets its empty table. */
async function makeTable(run: StreamRun, signal: AbortSignal): Promise<void> {
  const { target, columns } = run
  if ((await target.keptTable(signal)) !== undefined) return
  const hasKey = run.stream.primaryKey.every((path) => columns!.all.some((column) => column.path.join('\0') === path.join('\0')))
  if (run.mode !== 'incremental_deduped' || hasKey) await target.bring(columns!, signal)
}

/** Whether an empty reading leaves the table as it was. */
async function keepsOld(run: StreamRun, { runtime }: RunContext): Promise<boolean> {
  const { target, stream, result } = run
  const { signal } = runtime
  if (run.idsBefore + result.rows_written > 0) return false
  return patiently(underWay, runtime, async () => {
    if ((await target.keptTable(signal)) === undefined) return false
    const sentence = `keep ${plain(target.shown)} as it was: the source gave no rows`
    if (!target.changes.includes(sentence)) target.changes.push(sentence)
    runtime.log('warn', `The stream ${stream.name} is empty, so its table is left as it was`, { table: plain(target.shown) })
    await target.discard(signal)
    return true
  })
}

function end(run: StreamRun, status: 'succeeded' | 'failed' | 'cancelled', error: MillraceError | undefined, context: RunContext): void {
  const { log, clock } = context.runtime
  run.result.status = status
  run.result.endedAt = clock.now()
  if (error === undefined) logSuccess(run, log)
  else {
    run.result.error = error.toJSON()
    log(status === 'cancelled' ? 'warn' : 'error', `The stream ${run.stream.name} ${status}: ${error.message}`, { code: error.code })
  }
}

function logSuccess({ stream, result }: StreamRun, log: Log): void {
  const { rows_written: rows, row_errors: rowErrors, table } = result
  log('info', `${stream.name}: ${rows} rows into ${plain(table)}`, rowErrors === 0 ? undefined : { row_errors: rowErrors })
}
