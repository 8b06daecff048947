import type { SourceMessage } from '#core/connector/source.ts'
import { toMillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { Table } from './catalog.ts'
import type { LoggedColumn, PendingChanges } from './changes.ts'
import type { PostgresConfig } from './config.ts'
import type { Connection } from './connect.ts'
import { configFailure, resetMend, toFailure } from './failure.ts'
import { endWith, type Follower, stateOf } from './follower.ts'
import { formatLsn, parseLsn } from './lsn.ts'
import type { RelationColumn, Tuple } from './pgoutput.ts'
import { replicate } from './replication.ts'
import type { Types } from './type.ts'

/** Bytes of changes that are gathered before they are handed on. */
const mostBytes = 2_000_000

/** A relation as the log describes it, until it does so anew. */
interface Relation {
  follower: Follower
  columns: LoggedColumn[]
  /** For each column where its value stands in the tuple; -1 when it has to be looked up. */
  places: number[]
}

/** The changes of the streams up to `until`, each beyond its own state. At the end every stream has the state `until`. */
export async function* readLog(
  connection: Connection,
  types: Types,
  followers: readonly Follower[],
  range: { confirmed: bigint; until: bigint },
  config: PostgresConfig,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const relations = new Map<number, Relation>()
  const starts = new Map(followers.map((follower) => [follower, parseLsn(follower.state.lsn)]))
  const from = [...starts.values()].reduce((first, second) => (second < first ? second : first))
  const touched = new Set<Follower>()
  let commitLsn = 0n
  /** The relation of a change that its stream does not have yet. */
  const due = (oid: number) => {
    const relation = relations.get(oid)
    if (relation === undefined || relation.follower.isOver || commitLsn < starts.get(relation.follower)!) return undefined
    touched.add(relation.follower)
    return relation
  }
  for await (const change of replicate(config, { ...range, from }, runtime)) {
    switch (change.tag) {
      case 'begin':
        commitLsn = change.commitLsn
        break
      case 'relation': {
        const follower = followers.find(({ table }) => table.oid === change.oid)
        if (follower !== undefined) relations.set(change.oid, { follower, ...layOut(follower.table, change.columns, types) })
        break
      }
      case 'insert': {
        const relation = due(change.oid)
        if (relation !== undefined) relation.follower.pending.insert(relation.columns, arrange(relation, change.row))
        break
      }
      case 'update': {
        const relation = due(change.oid)
        const old = change.old && relation && arrange(relation, change.old)
        if (relation !== undefined)
          yield* keepKey(relation, (pending) => pending.update(relation.columns, old, arrange(relation, change.row)))
        break
      }
      case 'delete': {
        const relation = due(change.oid)
        if (relation !== undefined) yield* keepKey(relation, (pending) => pending.delete(relation.columns, arrange(relation, change.old)))
        break
      }
      case 'truncate':
        for (const oid of change.oids) {
          const follower = due(oid)?.follower
          if (follower !== undefined) yield endWith(follower, truncated(follower.table, commitLsn))
        }
        break
      case 'commit':
        for (const { pending } of touched) pending.commit(change.endLsn)
        touched.clear()
        break
      case 'other':
        break
    }
    if (followers.reduce((bytes, { pending }) => bytes + pending.bytes, 0) > mostBytes) yield* flush(connection, followers, config, runtime)
  }
  yield* flush(connection, followers, config, runtime)
  for (const follower of followers) {
    if (follower.isOver) continue
    yield stateOf(follower, { ...follower.state, lsn: formatLsn(range.until) })
    yield endWith(follower)
  }
}

/** A change without the key of its table ends that stream alone. */
function* keepKey({ follower }: Relation, apply: (pending: PendingChanges) => void): Generator<SourceMessage> {
  try {
    apply(follower.pending)
  } catch (thrown) {
    yield endWith(follower, toMillraceError(thrown))
  }
}

/** Hands on what is pending. A table that cannot be looked up in ends its stream alone. */
async function* flush(
  connection: Connection,
  followers: readonly Follower[],
  config: PostgresConfig,
  { signal }: Runtime,
): AsyncGenerator<SourceMessage> {
  for (const follower of followers) {
    if (follower.isOver) continue
    try {
      yield* follower.pending.flush(connection, (lsn) => stateOf(follower, { ...follower.state, lsn: formatLsn(lsn) }))
    } catch (thrown) {
      signal.throwIfAborted()
      yield endWith(follower, toFailure(thrown, config))
    }
  }
}

/**
 * The columns of the log, then those that the table got since. A column whose type is another one now is looked up as well:
 * what the log has of it was rewritten.
 */
function layOut(table: Table, logged: readonly RelationColumn[], types: Types): Omit<Relation, 'follower'> {
  const isKey = (name: string) => table.key.includes(name)
  const places: number[] = []
  const columns = logged.map((column, place): LoggedColumn => {
    const now = table.columns.find(({ name }) => name === column.name)
    const isSame = now === undefined || (now.type === column.type && now.modifier === column.modifier)
    places.push(isSame || isKey(column.name) ? place : -1)
    return { name: column.name, convert: (isSame ? types.of(column.type, column.modifier) : now).convert }
  })
  const added = table.columns.filter(({ name }) => !logged.some((column) => column.name === name))
  return { columns: [...columns, ...added], places: [...places, ...added.map(() => -1)] }
}

function arrange({ places }: Pick<Relation, 'places'>, tuple: Tuple): Tuple {
  return places.map((place) => (place === -1 ? undefined : tuple[place]))
}

function truncated({ stream }: Table, lsn: bigint) {
  return configFailure(
    'table-truncated',
    `The table of ${stream} was emptied by TRUNCATE at ${formatLsn(lsn)}: which rows are gone is not told.`,
    resetMend,
  )
}
