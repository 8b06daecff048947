import type { Log } from '../lib/runtime.ts'
import type { TableName, Warehouse } from '../warehouse/port.ts'
import { literal, tableIdentifier } from '../warehouse/sql.ts'
import { type Attempt, attemptProgress } from './attempt.ts'
import { readTable } from './layout.ts'
import { type LoadLine, openLoads, witnessedState, writeLine } from './log.ts'
import type { SyncMode } from './mode.ts'
import type { RunContext } from './context.ts'
import type { StateStore, StreamState } from './state.ts'
import type { StreamRun } from './stream-run.ts'

/*
 * A run may be killed between any two of: rows inserted, checkpoint noted in millrace.loads, state
 * stored. What it left is settled before the stream is read again:
 *
 *   rows beyond the last checkpoint   removed from tables that keep all rows: they will be read again
 *   a checkpoint beyond the state     is the state: its rows are in the warehouse
 *   a swap that took place            has ended well: the state that belongs to it is the state
 */

/** Removes rows that a killed run wrote and no checkpoint covers. */
export async function undoOpenLoads(
  warehouse: Warehouse,
  source: string,
  stream: string,
  now: number,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const open of await openLoads(warehouse, source, stream, signal)) {
    if (keepsAllRows(open.mode) && open.attempt === '') await removeAfter(warehouse, open.target, open.lastId, signal, open.run)
    const subject = { source, stream, run: open.run, mode: open.mode, target: open.target, attempt: open.attempt }
    await writeLine(warehouse, subject, { status: 'undone', lastId: open.lastId }, Number.MAX_SAFE_INTEGER, now, signal)
    log('warn', 'A run of this stream was killed; what it had not finished is undone and read again', { source, stream, run: open.run })
  }
}

/** A swap that took place has ended well, even when the run was killed before it could say so. */
export async function settleSwap(run: StreamRun, attempt: Attempt, context: RunContext): Promise<void> {
  const { warehouse, sourceName: source, runtime } = context
  const { signal, clock } = runtime
  const stream = run.stream.name
  const progress = await attemptProgress(warehouse, source, stream, attempt.id, signal)
  if (progress.swapping === undefined || progress.isOver) return
  await run.target.show(signal)
  const { state } = progress.swapping
  const subject = { source, stream, run: progress.run, mode: attempt.mode, target: run.target.kept, attempt: attempt.id }
  const line: LoadLine = {
    status: 'succeeded',
    lastId: progress.lastId,
    state: state === undefined ? undefined : { version: attempt.stateVersion + 1, value: state },
  }
  await writeLine(warehouse, subject, line, Number.MAX_SAFE_INTEGER - 1, clock.now(), signal)
}

/** Removes rows after the given one: of a run, or of all that worked at a reading from the beginning. */
export async function removeAfter(
  warehouse: Warehouse,
  target: TableName,
  lastId: number,
  signal: AbortSignal,
  run?: string,
): Promise<void> {
  if ((await readTable(warehouse, target, signal)) === undefined) return
  const ofRun = run === undefined ? '' : `_millrace_run = ${literal(run)} AND `
  await warehouse.command(`DELETE FROM ${tableIdentifier(target)} WHERE ${ofRun}_millrace_id > ${lastId}`, {
    signal,
  })
}

/** In deduplicated ones a row read again replaces itself. */
export function keepsAllRows(mode: SyncMode): boolean {
  return mode === 'full_refresh_append' || mode === 'incremental_append'
}

/** The later of the stored state and the one the load log witnesses. */
export async function latestState(
  store: StateStore,
  warehouse: Warehouse,
  source: string,
  stream: string,
  signal: AbortSignal,
): Promise<StreamState | undefined> {
  const stored = await store.get(source, stream)
  const witnessed = await witnessedState(warehouse, source, stream, signal)
  if (witnessed === undefined || (stored !== undefined && stored.version >= witnessed.version)) return stored
  await store.set(source, stream, witnessed)
  return witnessed
}
