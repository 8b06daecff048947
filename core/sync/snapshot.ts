import type { Operation } from '../connector/destination.ts'
import { oneBatch } from '../lib/batch.ts'
import { retry } from '../lib/retry.ts'
import type { Runtime } from '../lib/runtime.ts'
import type { Warehouse, WarehouseRow } from '../warehouse/port.ts'
import type { Delivered } from './deliver.ts'
import type { PlannedRow } from './difference.ts'
import { snapshots } from './tables.ts'

/*
 * A key's row in millrace.snapshots, from the sync's point of view:
 *
 *   (nothing) ──send──▶ in flight ──accepted──▶ acknowledged ──send──▶ in flight ─ … ──accepted deletion──▶ gone
 *                          │  ▲                     ▲
 *                          │  └──next run sends─────┤ (in flight stays until the tool has answered)
 *                          └──refused──▶ refused ───┘ (kept with its error; the next run tries again)
 *
 * "In flight" is written before the tool is called. A run that dies between the call and the answer
 * leaves it standing, and the next run sends again: nothing the tool may hold is ever unknown.
 */

/** The part of a snapshot that changes. */
interface State {
  present: boolean
  created: boolean
  hash: string
  fields: string
  in_flight: string
  rejected: string
  rejected_fields: string
  error: string
  attempts: number
}

export function stateBefore(row: PlannedRow): State {
  const { present, created, in_flight, rejected, rejected_fields, error, attempts } = row
  return { present, created, hash: row.before_hash, fields: row.before, in_flight, rejected, rejected_fields, error, attempts }
}

/** The state once the tool has answered, or has not. `sent` is false for a row that was never tried. */
export function stateAfter(row: PlannedRow, operation: Operation, delivered: Delivered | undefined): State {
  const before = stateBefore(row)
  // Never sent, or surely not taken: as it was.
  if (delivered === undefined || (delivered.outcome === undefined && !delivered.doubtful)) return before
  const { outcome, doubtful } = delivered
  if (outcome === undefined) return { ...before, in_flight: operation }
  if (outcome.status === 'rejected') {
    return {
      ...before,
      in_flight: doubtful ? operation : before.in_flight,
      rejected: operation,
      rejected_fields: row.fields,
      error: JSON.stringify(outcome.error),
      attempts: before.attempts + 1,
    }
  }
  const settled = { in_flight: '', rejected: '', rejected_fields: '', error: '', attempts: 0 }
  if (operation === 'delete') return { ...settled, present: false, created: false, hash: '0', fields: '' }
  return { ...settled, present: true, created: createdBySync(before, outcome.created, doubtful), hash: row.hash, fields: row.fields }
}

/** An earlier send whose answer was lost may have been the one that created it: then the tool's "it was there" means us. */
function createdBySync(before: State, created: boolean | undefined, doubtful: boolean): boolean {
  if (before.present) return before.created || created === true
  return before.in_flight !== '' || doubtful || created !== false
}

export interface SnapshotWriter {
  /** Notes that these rows are about to be sent. */
  intend(rows: readonly PlannedRow[], operation: Operation): Promise<void>
  /** Notes what became of them; also while the run is being cancelled. */
  settle(rows: readonly { row: PlannedRow; state: State }[]): Promise<void>
}

const patience = { attempts: 6, baseDelay: 500, maxDelay: 10_000 }

export function createSnapshotWriter(
  warehouse: Warehouse,
  identity: { sync: string; target: string; run: string },
  runtime: Runtime,
): SnapshotWriter {
  // A repeated write is harmless: the same key and version say the same.
  const write = (rows: WarehouseRow[], signal: AbortSignal) =>
    retry(patience, { clock: runtime.clock, random: runtime.random, signal }, async () => {
      await warehouse.insert(snapshots.name, oneBatch(rows), { signal })
    })
  const toRow = (row: PlannedRow, state: State, step: bigint): WarehouseRow => ({
    ...identity,
    key: row.key,
    version: String(BigInt(row.version) + step),
    ...state,
    updated_at: new Date(runtime.clock.now()).toISOString(),
  })
  return {
    intend: async (rows, operation) => {
      await write(
        rows.map((row) => toRow(row, { ...stateBefore(row), in_flight: operation }, 1n)),
        runtime.signal,
      )
    },
    settle: async (rows) => {
      if (rows.length === 0) return
      // What the tool has taken must be noted even when the run is being cancelled.
      await write(
        rows.map(({ row, state }) => toRow(row, state, 2n)),
        new AbortController().signal,
      )
    },
  }
}
