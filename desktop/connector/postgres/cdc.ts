import type { SourceMessage, StreamRequest } from '#core/connector/source.ts'
import type { MillraceError } from '#core/lib/error.ts'
import { fail } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { Database, Table } from './catalog.ts'
import { PendingChanges } from './changes.ts'
import type { PostgresConfig } from './config.ts'
import type { Connection } from './connect.ts'
import { configFailure, resetMend, toFailure } from './failure.ts'
import { endWith, type Follower, stateOf } from './follower.ts'
import { readLog } from './log.ts'
import { formatLsn, parseLsn } from './lsn.ts'
import { createSlot, findSlot, logEnd, preparePublication, waitForWriters } from './slot.ts'
import { type FollowState, followStateSchema, readState, traitsOf } from './state.ts'
import { readWhole } from './whole.ts'

/**
 * Change data capture: each table whole, then its changes from the log, up to where the log ended when they began to be read.
 *
 *     no state ──▶ { lsn, position } whole, chunk by chunk ──▶ { lsn } the changes since lsn
 *
 * A chunk is read as the table is then, and may so hold changes that the log tells again later: with its key each row ends
 * as it is in the database, since the log is read from a position before the first chunk. The slot is confirmed
 * only up to the oldest state that was given: what the warehouse does not have yet, the server keeps.
 */
export async function* follow(
  connection: Connection,
  database: Database,
  requests: readonly StreamRequest[],
  config: PostgresConfig,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const tables = requests.map(({ name }) => database.tables.find(({ stream }) => stream === name)!)
  const found = await findSlot(connection, config)
  const memberships = await preparePublication(connection, config, tables, database.version)
  const kept = found ?? (await createSlot(connection, config))
  const end = await logEnd(connection)
  const followers: Follower[] = []
  const given: bigint[] = []
  for (const [index, table] of tables.entries()) {
    const state = readState(followStateSchema, requests[index]!.state)
    const traits = traitsOf(table, memberships.get(table.oid)!)
    const refusal = state && refuse(table, state, traits, kept, end)
    if (refusal !== undefined) yield { type: 'done', stream: table.stream, result: fail(refusal) }
    else followers.push({ table, state: startOf(state, traits, end), pending: new PendingChanges(table), isOver: false })
    if (state !== undefined && refusal === undefined) given.push(parseLsn(state.lsn))
  }
  yield* readAllWhole(connection, followers, database.version, config, runtime)
  const going = followers.filter(({ isOver }) => !isOver)
  if (going.length === 0) return
  try {
    const until = await logEnd(connection)
    yield* readLog(connection, database.types, going, { confirmed: given.length === 0 ? kept : oldest(given), until }, config, runtime)
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    for (const follower of going) if (!follower.isOver) yield endWith(follower, toFailure(thrown, config))
  }
}

/** Where a stream starts: whole without a state, and whole once more when rows changed that the log does not tell. */
function startOf(state: FollowState | undefined, traits: Omit<FollowState, 'lsn' | 'position'>, end: bigint): FollowState {
  if (state === undefined) return { ...traits, lsn: formatLsn(end), position: null }
  // A rewrite of the table (ALTER COLUMN TYPE, a volatile default) and a constant default fill old rows silently.
  const isFilled = state.file !== traits.file || traits.filled.some((name) => !state.filled.includes(name))
  return isFilled ? { ...state, ...traits, position: null } : { ...state, ...traits }
}

/** Why a state cannot be gone on from. */
function refuse(
  table: Table,
  state: FollowState,
  traits: Pick<FollowState, 'table' | 'membership'>,
  kept: bigint,
  end: bigint,
): MillraceError | undefined {
  const lsn = parseLsn(state.lsn)
  const name = table.stream
  if (state.table !== traits.table) {
    return configFailure(
      'table-replaced',
      `The table of ${name} is another one than before: which of its rows are gone is not known.`,
      resetMend,
    )
  }
  if (state.membership !== traits.membership) {
    return configFailure(
      'not-published',
      `The table of ${name} was taken out of the publication: its changes since are not known.`,
      resetMend,
    )
  }
  if (lsn < kept) {
    return configFailure(
      'changes-gone',
      `The changes of ${name} since ${state.lsn} are gone: the server keeps them from ${formatLsn(kept)} on, since the replication slot was made anew, or moved on without this stream.`,
      `${resetMend} Give every source a slot of its own, and read its streams together.`,
    )
  }
  if (lsn > end) {
    return configFailure(
      'other-server',
      `The log of the server ends at ${formatLsn(end)}, before ${state.lsn} that ${name} was read to: it is another server, or was restored.`,
      resetMend,
    )
  }
  return undefined
}

async function* readAllWhole(
  connection: Connection,
  followers: readonly Follower[],
  version: number,
  config: PostgresConfig,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const fresh = followers.filter(({ state }) => state.position !== undefined)
  if (fresh.length === 0) return
  await waitForWriters(
    connection,
    fresh.map(({ table }) => table),
    runtime,
  )
  for (const follower of fresh) {
    const { table, state } = follower
    try {
      for await (const { records, position } of readWhole(connection, table, version, config.chunk_size, state.position ?? undefined)) {
        yield { type: 'records', stream: table.stream, records }
        yield stateOf(follower, { ...state, position: position ?? null })
      }
      yield stateOf(follower, { ...state, position: undefined })
    } catch (thrown) {
      runtime.signal.throwIfAborted()
      yield endWith(follower, toFailure(thrown, config))
    }
  }
}

function oldest(positions: readonly bigint[]): bigint {
  return positions.reduce((first, second) => (second < first ? second : first))
}
