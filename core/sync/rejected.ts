import type { ErrorData } from '../lib/error.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { tableIdentifier } from '../warehouse/sql.ts'
import { snapshots, syncLog } from './tables.ts'

/** A row that the tool refused and that waits for a retry. */
export interface RejectedRow {
  key: string
  operation: 'upsert' | 'delete'
  fields: Record<string, unknown>
  error: ErrorData
  attempts: number
  /** Milliseconds since the epoch. */
  rejectedAt: number
}

// A sync that was pointed elsewhere has rows of the old target too; only the newest counts.
const ofLatestTarget = `(sync, target) IN (SELECT sync, argMax(target, started_at) FROM ${tableIdentifier(syncLog.name)} GROUP BY sync)`

/** The rows of a sync that wait for a retry, newest first. Needs `syncTables` to be there. */
export async function listRejected(request: {
  warehouse: Warehouse
  sync: string
  limit: number
  signal?: AbortSignal
}): Promise<RejectedRow[]> {
  const { warehouse, sync, limit, signal } = request
  const rows = await queryRows<{
    key: string
    operation: 'upsert' | 'delete'
    fields: string
    error: string
    attempts: number
    at: string
  }>(
    warehouse,
    `SELECT key, rejected AS operation, rejected_fields AS fields, error, attempts, toUnixTimestamp64Milli(updated_at) AS at
     FROM ${tableIdentifier(snapshots.name)} FINAL WHERE sync = {sync:String} AND rejected != '' AND ${ofLatestTarget}
     ORDER BY updated_at DESC, key LIMIT {limit:UInt32}`,
    { params: { sync, limit }, ...(signal === undefined ? {} : { signal }) },
  )
  return rows.map(({ key, operation, fields, error, attempts, at }) => ({
    key,
    operation,
    fields: fields === '' ? {} : (JSON.parse(fields) as Record<string, unknown>),
    error: JSON.parse(error) as ErrorData,
    attempts,
    rejectedAt: Number(at),
  }))
}

/** How many rows of each sync the tool holds (`synced`) and has refused (`rejected`). Syncs that never ran are missing. Needs `syncTables`. */
export async function countSynced(request: {
  warehouse: Warehouse
  signal?: AbortSignal
}): Promise<Map<string, { synced: number; rejected: number }>> {
  const rows = await queryRows<{ sync: string; synced: string; refused: string }>(
    request.warehouse,
    `SELECT sync, countIf(present) AS synced, countIf(rejected != '') AS refused
     FROM ${tableIdentifier(snapshots.name)} FINAL WHERE ${ofLatestTarget} GROUP BY sync`,
    request.signal === undefined ? {} : { signal: request.signal },
  )
  return new Map(rows.map(({ sync, synced, refused }) => [sync, { synced: Number(synced), rejected: Number(refused) }]))
}
