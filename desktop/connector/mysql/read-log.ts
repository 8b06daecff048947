import type { SourceMessage } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { MysqlTable } from './catalog.ts'
import type { MysqlConfig } from './config.ts'
import { active, ended, type Followed, stateOf } from './followed.ts'
import { LogChanges } from './log-changes.ts'
import { logEvents } from './log-events.ts'
import { isBefore, type LogPlace, logPurged } from './log-place.ts'
import { effectOf } from './log-statement.ts'

/** Rows after which a state is told, at the next boundary of transactions. */
const rowsPerState = 5000
const rowsPerMessage = 1000

/**
 * Streams whose places can be compared are read together, from the first of them: those of this server's files. A place
 * of another server, before a failover, is known by its GTIDs alone.
 */
export function groupsOf(streams: readonly Followed[], now: LogPlace): Followed[][] {
  const groups = Map.groupBy(streams, ({ place }) => (place.server === now.server ? '' : `${place.server} ${place.gtid ?? ''}`))
  return [...groups.values()]
}

/** The changes of a group's streams up to a place, and the states that cover them. */
export async function* readLog(
  config: MysqlConfig,
  tables: readonly MysqlTable[],
  group: readonly Followed[],
  until: LogPlace,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const first = group.map(({ place }) => place).reduce((a, b) => (isBefore(b, a) ? b : a))
  const isHere = first.server === until.server
  if (!isHere && first.gtid === undefined) throw otherServer()
  const last = group.map(({ place }) => place).reduce((a, b) => (isBefore(a, b) ? b : a))
  if (isHere && isBefore(until, last))
    throw logPurged(`it ends at ${until.file}:${until.position}, before ${last.file}:${last.position}; it was reset.`)
  const pending = new LogChanges()
  const byName = new Map(group.map((stream) => [stream.name, stream]))
  const tablesByName = new Map(tables.map((table) => [table.stream.name, table]))
  const settle = (place: LogPlace) => {
    for (const stream of active(group)) if (!isHere || isBefore(stream.place, place)) stream.place = { ...place, server: until.server }
  }
  if (!isHere || isBefore(first, until)) {
    for await (const events of logEvents(config, [...byName.keys()], first, until, runtime)) {
      for (const event of events) {
        if (event.type === 'boundary') {
          if (pending.rowsSinceState < rowsPerState) continue
          yield* pending.take()
          settle(event.place)
          pending.rowsSinceState = 0
          for (const stream of active(group)) yield stateOf(stream)
        } else if (event.type === 'rows') {
          const stream = byName.get(event.table)
          if (stream === undefined || stream.isOver || (isHere && isBefore(event.place, stream.place))) continue
          try {
            for (const change of event.changes) pending.add(tablesByName.get(event.table)!, change)
          } catch (thrown) {
            yield* pending.take()
            yield ended(stream, thrown)
          }
        } else {
          const { replaced, altered } = effectOf(event.sql, event.schema, config.database)
          for (const stream of active(group)) {
            if (isHere && !isBefore(stream.place, event.place)) continue
            if (altered.includes(stream.name)) stream.snapshot = {}
            if (!replaced.includes(stream.name)) continue
            yield* pending.take()
            yield ended(stream, replacedTable(stream.name, event.sql))
          }
        }
      }
      if (pending.rows >= rowsPerMessage) yield* pending.take()
    }
  }
  yield* pending.take()
  settle(until)
  for (const stream of active(group)) yield stateOf(stream)
}

function replacedTable(name: string, sql: string): MillraceError {
  return new MillraceError({
    code: 'table-replaced',
    fault: 'config',
    message: `The rows of ${name} changed without the binary log telling which: ${sql.slice(0, 200)}`,
    mend: 'Refresh the stream: it is read from its beginning.',
  })
}

function otherServer(): MillraceError {
  return new MillraceError({
    code: 'other-server',
    fault: 'config',
    message: 'Another server answers now than the one whose binary log was followed, and its places are not known by GTIDs.',
    mend: 'Refresh the streams: they are read from their beginning. With gtid_mode = ON a server can take the place of another.',
  })
}
