import { toMillraceError } from '../lib/error.ts'
import type { WarehouseRow } from '../warehouse/port.ts'
import type { RunContext } from './context.ts'
import { finish, giveUp } from './finish.ts'
import { Ledger } from './ledger.ts'
import { once } from './log.ts'
import type { RowBatch } from './normalize.ts'
import { patiently, underWay } from './patience.ts'
import { isOver, type StreamRun } from './stream-run.ts'

/**
 * Loads batches, and only after the warehouse has acknowledged a checkpoint's rows notes it in
 * `millrace.loads`, and only then stores the state. A stream that fails is undone and the others go on.
 * `onProgress` is called after each batch and each end.
 */
export async function load(batches: AsyncIterable<RowBatch>, context: RunContext, onProgress: () => void): Promise<void> {
  const ledgers = new Map<StreamRun, Ledger>()
  const inserts = new Map<StreamRun, number>()
  for await (const batch of batches) {
    const { run } = batch
    if (isOver(run)) continue
    const ledger = ledgers.get(run) ?? new Ledger(run, context)
    ledgers.set(run, ledger)
    const number = inserts.get(run) ?? 0
    inserts.set(run, number + 1)
    try {
      if (!context.runtime.signal.aborted) await loadBatch(batch, number, ledger, context)
      if (batch.end?.ok === true) await finish(run, ledger, context)
      else if (batch.end?.ok === false) await giveUp(run, ledger, batch.end.error, context)
    } catch (thrown) {
      await giveUp(run, ledger, toMillraceError(thrown), context)
    }
    onProgress()
  }
}

async function loadBatch(batch: RowBatch, number: number, ledger: Ledger, context: RunContext): Promise<void> {
  const { run, items, gone } = batch
  const { runtime } = context
  const { signal } = runtime
  if (batch.counts.rows > 0) {
    await ledger.begin()
    await patiently(underWay, runtime, () => run.target.bring(run.columns!, signal))
    if (items.length > 0) await patiently(underWay, runtime, () => insertRows(run, items, number, context))
    if (gone.length > 0) await patiently(underWay, runtime, () => run.target.markDeleted(run.columns!, gone, signal))
  }
  ledger.count(batch.counts)
  if (batch.checkpoint !== undefined) await ledger.commit(batch.checkpoint)
}

async function insertRows(run: StreamRun, rows: readonly WarehouseRow[], number: number, context: RunContext): Promise<void> {
  await context.warehouse.insert(run.target.written, once(rows), {
    signal: context.runtime.signal,
    deduplicationToken: `${context.sourceName}/${run.stream.name}/${context.runId}/rows/${number}`,
    settings: { date_time_input_format: 'best_effort', type_json_skip_duplicated_paths: 1 },
  })
}
