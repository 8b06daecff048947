import type { ErrorData } from '../lib/error.ts'
import type { Warehouse } from '../warehouse/port.ts'

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

/** The rows of a sync that wait for a retry, newest first. */
export async function listRejected(_request: {
  warehouse: Warehouse
  sync: string
  limit: number
  signal?: AbortSignal
}): Promise<RejectedRow[]> {
  throw new Error('being built')
}

/** How many rows of each sync the tool holds (`synced`) and has refused (`rejected`). Syncs that never ran are missing. */
export async function countSynced(_request: {
  warehouse: Warehouse
  signal?: AbortSignal
}): Promise<Map<string, { synced: number; rejected: number }>> {
  throw new Error('being built')
}
