import type { EdgeDestination } from '#core/event/edge-config.ts'
import type { UserIds } from '#core/event/user-ids.ts'
import { type ErrorData, MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { Warehouse } from '#core/warehouse/port.ts'
import type { Deletion, DeletionState } from './deletion-store.ts'
import { tellDestination } from './tell-destination.ts'
import { removeRows } from './warehouse-rows.ts'

/** What of a spool a deletion needs. */
export interface DeletingSpool {
  flushNow(): Promise<{ ok: true } | { ok: false; error: ErrorData }>
  /** Removes users' events from what destinations are still to get, and from dead letters. */
  erase(users: UserIds): Promise<number>
}

export interface DeleterParts {
  spools: () => DeletingSpool[]
  warehouse: Warehouse
  destinations: () => Promise<EdgeDestination[]>
  runtime: Runtime
  /** How long after a suppression no event of the user is on its way any more, in milliseconds. */
  delay: number
}

/** How often ClickHouse is asked whether it is done, in milliseconds. */
const askEvery = 1000

const after: Record<Exclude<DeletionState, 'done'>, DeletionState> = {
  waiting: 'deleting',
  deleting: 'waiting-again',
  'waiting-again': 'checking',
  checking: 'telling',
  telling: 'done',
}

/** Takes a deletion one step further. Throws where that fails; every step can be repeated. */
export async function proceed(deletion: Deletion, parts: DeleterParts): Promise<Deletion> {
  const { state, users } = deletion
  const { runtime, delay } = parts
  const now = runtime.clock.now()
  switch (state) {
    case 'waiting':
    case 'waiting-again':
      return next(deletion, now)
    case 'deleting':
    case 'checking': {
      // What the spools hold would come back by a later flush, or be delivered.
      await flush(parts.spools())
      const { gone, found } = await removeRows(parts.warehouse, users)
      const counted = { ...deletion, rows: deletion.rows + found }
      if (!gone) return { ...counted, nextAt: now + askEvery }
      for (const spool of parts.spools()) await spool.erase(users)
      return next(counted, state === 'deleting' ? runtime.clock.now() + delay : now)
    }
    case 'telling': {
      const told = new Set(deletion.destinations.map(({ destination }) => destination))
      const destination = (await parts.destinations()).find(({ name }) => !told.has(name))
      if (destination === undefined) return next(deletion, now)
      return { ...deletion, destinations: [...deletion.destinations, await tellDestination(destination, users, runtime)], nextAt: now }
    }
    case 'done':
      return deletion
  }
}

function next({ id, users, requestedAt, state, rows, destinations }: Deletion, at: number): Deletion {
  const following = after[state as Exclude<DeletionState, 'done'>]
  const time = following === 'done' ? { doneAt: at } : { nextAt: at }
  return { id, users, requestedAt, state: following, rows, destinations, failures: 0, ...time }
}

async function flush(spools: readonly DeletingSpool[]): Promise<void> {
  for (const spool of spools) {
    const outcome = await spool.flushNow()
    if (!outcome.ok) throw new MillraceError(outcome.error)
  }
}
