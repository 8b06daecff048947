import { defineSource, type ReadRequest, type SourceMessage, type StreamRequest } from '#core/connector/source.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { readTables } from '../read-tables.ts'
import type { TableAccess } from '../table-access.ts'
import { catalogOf, type MysqlTable } from './catalog.ts'
import { type MysqlConfig, mysqlConfigSchema } from './config.ts'
import { openSession, type Session } from './connect.ts'
import { follow } from './follow.ts'
import { currentPlace, requireLog } from './log-place.ts'
import { rowsOf } from './rows.ts'

export const mysql = defineSource<MysqlConfig>({
  name: 'mysql',
  title: 'MySQL and MariaDB',
  description: 'The tables and views of a MySQL or MariaDB database, whole, by a cursor column, or by following the binary log.',
  config: mysqlConfigSchema,
  check: (config, runtime) =>
    withSession(config, runtime, async (session) => {
      await catalogOf(session, config)
      if (config.replication === 'none') return
      await requireLog(session)
      await currentPlace(session)
    }),
  discover: (config, runtime) =>
    withSession(config, runtime, async (session) => ({ streams: (await catalogOf(session, config)).map(({ stream }) => stream) })),
  read,
})

async function* read(config: MysqlConfig, request: ReadRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const session = await openSession(config, runtime.signal)
  try {
    const catalog = async () => accessTo(session, await catalogOf(session, config))
    const access = await catalog()
    // A range of the past is told by the cursor: the log does not reach back.
    const isFollowed = ({ name, mode, range }: StreamRequest) =>
      mode === 'incremental' &&
      range === undefined &&
      access.tables.some(({ stream }) => stream.name === name && stream.tellsDeletes === true)
    const followed = request.streams.filter(isFollowed)
    yield* readTables(access, { streams: request.streams.filter((stream) => !isFollowed(stream)) }, runtime)
    if (followed.length > 0) yield* follow({ config, session, catalog }, followed, runtime)
  } finally {
    session.close()
  }
}

function accessTo(session: Session, tables: readonly MysqlTable[]): TableAccess<MysqlTable> {
  return { tables, isStreaming: false, rows: (table, selection) => rowsOf(session, table, selection) }
}

async function withSession<Value>(
  config: MysqlConfig,
  runtime: Runtime,
  work: (session: Session) => Promise<Value>,
): Promise<Result<Value>> {
  try {
    const session = await openSession(config, runtime.signal)
    try {
      return ok(await work(session))
    } finally {
      session.close()
    }
  } catch (thrown) {
    return fail(toMillraceError(thrown))
  }
}
