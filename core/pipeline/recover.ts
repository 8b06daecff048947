import type { Log } from '../lib/runtime.ts'
import type { TableName, Warehouse } from '../warehouse/port.ts'
import { literal, tableIdentifier } from '../warehouse/sql.ts'
import { readTable } from './layout.ts'
import { openLoads, witnessedState, writeLine } from './log.ts'
import type { SyncMode } from './mode.ts'
import type { StateStore, StreamState } from './state.ts'

/*
 * A run may be killed between any two of: rows inserted, checkpoint noted in millrace.loads, state
 * stored. What it left is settled before the stream is read again:
 *
 *   rows beyond the last checkpoint   removed from tables that keep all rows: they will be read again
 *   a checkpoint beyond the state     is the state: its rows are in the warehouse
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
    if (keepsAllRows(open.mode)) await removeAfter(warehouse, open.target, open.run, open.lastId, signal)
    const subject = { source, stream, run: open.run, mode: open.mode, target: open.target }
    await writeLine(
      warehouse,
      subject,
      { status: 'undone', lastId: open.lastId, rows: 0, rowErrors: 0 },
      Number.MAX_SAFE_INTEGER,
      now,
      signal,
    )
    log('warn', 'A run of this stream was killed; what it had not finished is undone and read again', { source, stream, run: open.run })
  }
}

/** Removes a run's rows after the given one. */
export async function removeAfter(
  warehouse: Warehouse,
  target: TableName,
  run: string,
  lastId: number,
  signal: AbortSignal,
): Promise<void> {
  if ((await readTable(warehouse, target, signal)) === undefined) return
  await warehouse.command(`DELETE FROM ${tableIdentifier(target)} WHERE _millrace_run = ${literal(run)} AND _millrace_id > ${lastId}`, {
    signal,
  })
}

/** Of overwritten tables the staging is dropped, and in deduplicated ones a row read again replaces itself. */
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
