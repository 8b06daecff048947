import type { SourceMessage, StreamRequest } from '#core/connector/source.ts'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { fail, ok } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { pages } from '../pages.ts'
import type { TableAccess } from '../table-access.ts'
import type { MysqlTable } from './catalog.ts'
import type { MysqlConfig } from './config.ts'
import type { Session } from './connect.ts'
import { active, ended, type Followed, startOf, stateOf } from './followed.ts'
import { awaitVisible, currentPlace, requireLog } from './log-place.ts'
import { groupsOf, readLog } from './read-log.ts'

export interface FollowAccess {
  config: MysqlConfig
  session: Session
  /** The tables as they are now. */
  catalog(): Promise<TableAccess<MysqlTable>>
}

/**
 * Reads streams incrementally by the binary log, up to where it ends when their snapshots are whole:
 *
 *     new ─▶ snapshot, page by page ─▶ log, from where it ended before the snapshot ─▶ done
 *                     ▲                      │ a column got values in rows that the log does not tell
 *                     └──────────────────────┘
 *
 * What changed while the snapshot was read is told by the log once more, in order: a row ends as it is last.
 */
export async function* follow(access: FollowAccess, requests: readonly StreamRequest[], runtime: Runtime): AsyncGenerator<SourceMessage> {
  const streams: Followed[] = []
  try {
    await requireLog(access.session)
    const start = await currentPlace(access.session)
    for (const request of requests) {
      const stream: Followed = { name: request.name, place: start, snapshot: {}, isOver: false }
      streams.push(stream)
      try {
        if (request.state !== undefined) Object.assign(stream, startOf(request.name, request.state))
      } catch (thrown) {
        yield ended(stream, thrown)
      }
    }
    do {
      const tables = await access.catalog()
      for (const stream of active(streams)) {
        try {
          yield* readSnapshot(stream, tables, access.session, runtime)
        } catch (thrown) {
          runtime.signal.throwIfAborted()
          yield ended(stream, thrown)
        }
      }
      const until = await currentPlace(access.session)
      for (const group of groupsOf(active(streams), until)) yield* readLog(access.config, tables.tables, group, until, runtime)
    } while (active(streams).some(({ snapshot }) => snapshot !== undefined))
    for (const stream of active(streams)) yield { type: 'done', stream: stream.name, result: ok(undefined) }
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    const over = new Set(streams.filter(({ isOver }) => isOver).map(({ name }) => name))
    for (const { name } of requests) if (!over.has(name)) yield { type: 'done', stream: name, result: fail(toMillraceError(thrown)) }
  }
}

async function* readSnapshot(
  stream: Followed,
  access: TableAccess<MysqlTable>,
  session: Session,
  runtime: Runtime,
): AsyncGenerator<SourceMessage> {
  const table = access.tables.find((candidate) => candidate.stream.name === stream.name)
  if (table === undefined) throw goneTable(stream.name)
  if (stream.snapshot === undefined) return
  if (stream.snapshot.after === undefined) await awaitVisible(session, stream.place, stream.name, runtime)
  for await (const page of pages(access, table, { order: table.order, after: stream.snapshot.after })) {
    yield { type: 'records', stream: stream.name, records: page.map(({ record }) => record) }
    stream.snapshot = { after: page.at(-1)!.position }
    yield stateOf(stream)
  }
  stream.snapshot = undefined
  yield stateOf(stream)
}

function goneTable(name: string): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `There is no table ${name} in the database, or the user may not read it.`,
    mend: 'Correct streams in the source file.',
  })
}
