import { type Change, migrate } from '../warehouse/migrate.ts'
import { queryRows, type Warehouse } from '../warehouse/port.ts'
import { literal } from '../warehouse/sql.ts'
import type { SeenRow } from './seen.ts'
import { standingViews } from './standing-views.ts'
import { eventTables } from './tables.ts'
import { eventViews } from './views.ts'

interface Options {
  signal?: AbortSignal
}

/** Enough for everyone who makes views at the same time to come to rest. */
const maxPasses = 10

/** Creates the database `events`, its tables and its standing views where they are missing. Repeating it changes nothing. */
export function migrateEvents(warehouse: Warehouse, options: Options = {}): Promise<Change[]> {
  return migrate(warehouse, [...eventTables, ...standingViews], options)
}

/** What the warehouse has seen of events. */
export function readSeen(warehouse: Warehouse, options: Options = {}): Promise<SeenRow[]> {
  return queryRows<SeenRow>(warehouse, 'SELECT type, event, field, path, kind FROM events.seen FINAL', options)
}

/**
 * Makes the views say what has been seen, and returns what it changed.
 * @param only these sightings; without it, all
 */
export async function refreshViews(warehouse: Warehouse, options: Options & { only?: readonly SeenRow[] } = {}): Promise<Change[]> {
  const { only, signal } = options
  const conditions = only && [...new Set(only.map(({ type }) => literal(type)))].join(', ')
  if (conditions === '') return []
  const where = conditions === undefined ? '' : ` WHERE type IN (${conditions})`
  const passed = signal === undefined ? {} : { signal }
  const changes: Change[] = []
  // The host and a collector may both be at this. Who read less may write later, and undo columns that the other made
  // and will not make again: so whoever changed something looks again, until there is nothing left to change.
  for (let pass = 0; pass < maxPasses; pass++) {
    const seen = await queryRows<SeenRow>(warehouse, `SELECT type, event, field, path, kind FROM events.seen FINAL${where}`, passed)
    const made = await migrate(warehouse, eventViews(seen, only), passed)
    if (made.length === 0) break
    changes.push(...made)
  }
  return changes
}

/** Adds sightings to `events.seen`. Repeating it changes nothing. */
export async function recordSeen(warehouse: Warehouse, rows: readonly SeenRow[], seenAt: number, options: Options = {}): Promise<void> {
  if (rows.length === 0) return
  const first_seen = new Date(seenAt).toISOString().replace('T', ' ').slice(0, -1)
  async function* blocks() {
    yield rows.map((row) => ({ ...row, first_seen }))
  }
  await warehouse.insert({ database: 'events', table: 'seen' }, blocks(), options)
}
