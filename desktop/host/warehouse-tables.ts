import { refreshViews } from '#core/event/refresh-views.ts'
import { standingViews } from '#core/event/standing-views.ts'
import { eventTables } from '#core/event/tables.ts'
import { loads } from '#core/pipeline/tables.ts'
import { profileTables } from '#core/profile/tables.ts'
import { syncTables } from '#core/sync/tables.ts'
import { type Change, migrate } from '#core/warehouse/migrate.ts'
import type { Warehouse } from '#core/warehouse/port.ts'
import type { Relation } from '#core/warehouse/table.ts'
import { runTable } from './run-log.ts'

/** All that the platform itself keeps in a warehouse, in the order it is made. */
export const platformRelations: readonly Relation[] = [...eventTables, ...standingViews, ...profileTables, loads, ...syncTables, runTable]

/**
 * Brings the warehouse to the platform's tables, once: later calls wait for the first. A failure is
 * not kept, so that a warehouse that was away is brought up when it is back.
 */
export function createTables(warehouse: Warehouse, onChanges: (changes: readonly Change[]) => void): () => Promise<void> {
  let done: Promise<void> | undefined
  const bring = async () => {
    onChanges([...(await migrate(warehouse, platformRelations)), ...(await refreshViews(warehouse))])
  }
  return () => {
    done ??= bring().catch((thrown: unknown) => {
      done = undefined
      throw thrown
    })
    return done
  }
}
