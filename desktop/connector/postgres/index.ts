import { defineSource, type ReadRequest, type SourceMessage, type StreamRequest } from '#core/connector/source.ts'
import { MillraceError } from '#core/lib/error.ts'
import { attempt, fail, ok, type Result } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { cursorStateSchema, readByCursor } from './by-cursor.ts'
import { type Database, readDatabase, type Table, toStream } from './catalog.ts'
import { follow } from './cdc.ts'
import { type PostgresConfig, postgresConfigSchema } from './config.ts'
import { type Connection, connect, withConnection } from './connect.ts'
import { configFailure, toFailure } from './failure.ts'
import { findSlot } from './slot.ts'
import { readState } from './state.ts'
import { positionSchema, readWhole } from './whole.ts'

export const postgres = defineSource<PostgresConfig>({
  name: 'postgres',
  title: 'PostgreSQL',
  description: 'Tables and views of a PostgreSQL database: whole, by a cursor column, or every change by logical replication.',
  config: postgresConfigSchema,
  check: (config, runtime) => attempt(() => withConnection(config, runtime.signal, (connection) => check(connection, config))),
  discover: (config, runtime) =>
    attempt(() =>
      withConnection(config, runtime.signal, async (connection) => ({
        streams: (await readDatabase(connection, config)).tables.map(toStream),
      })),
    ),
  read,
})

async function check(connection: Connection, config: PostgresConfig): Promise<void> {
  const { tables } = await readDatabase(connection, config)
  if (config.replication === 'logical') await findSlot(connection, config)
  if (tables.length === 0 || tables.some(({ isReadable }) => isReadable)) return
  const schemas = config.schemas.map((schema) => `"${schema}"`)
  throw configFailure(
    'no-privilege',
    `The role "${config.user}" may not read any table of ${schemas.join(', ')}.`,
    `As the owner run: ${schemas.map((schema) => `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO "${config.user}";`).join(' ')}`,
  )
}

/** First the streams that are read one by one, then together those whose changes are followed. */
async function* read(config: PostgresConfig, request: ReadRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const database = await withConnection(config, runtime.signal, (connection) => readDatabase(connection, config))
  const followed: StreamRequest[] = []
  for (const stream of request.streams) {
    const table = database.tables.find((candidate) => candidate.stream === stream.name)
    if (table?.isReplicated === true && stream.mode === 'incremental' && stream.range === undefined) followed.push(stream)
    else yield* withDone(config, runtime, [stream], (connection) => readOne(connection, database, table, stream, config))
  }
  if (followed.length > 0)
    yield* withDone(config, runtime, followed, (connection) => follow(connection, database, followed, config, runtime))
}

/** Messages over a connection of their own. What breaks it ends each of the streams that has not ended by itself. */
async function* withDone(
  config: PostgresConfig,
  runtime: Runtime,
  requests: readonly StreamRequest[],
  messages: (connection: Connection) => AsyncIterable<SourceMessage>,
): AsyncGenerator<SourceMessage> {
  const open = new Set(requests.map(({ name }) => name))
  let connection: Connection | undefined
  let result: Result<void> = ok(undefined)
  try {
    connection = await connect(config, runtime.signal)
    for await (const message of messages(connection)) {
      if (message.type === 'done') open.delete(message.stream)
      yield message
    }
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    result = fail(toFailure(thrown, config))
  } finally {
    connection?.close()
  }
  for (const stream of open) yield { type: 'done', stream, result }
}

async function* readOne(
  connection: Connection,
  database: Database,
  table: Table | undefined,
  { name, mode, state, range }: StreamRequest,
  config: PostgresConfig,
): AsyncGenerator<SourceMessage> {
  if (table === undefined) throw unknownStream(name, database)
  // One snapshot for the whole stream: it is as the database was at one moment.
  await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  if (mode === 'full-refresh') {
    for await (const { records, position } of readWhole(
      connection,
      table,
      database.version,
      config.chunk_size,
      readState(positionSchema, state),
    )) {
      yield { type: 'records', stream: name, records }
      if (position !== undefined) yield { type: 'state', stream: name, state: position }
    }
  } else {
    if (table.cursor === undefined) throw noCursor(name)
    for await (const { records, state: next } of readByCursor(connection, table, readState(cursorStateSchema, state), range)) {
      yield { type: 'records', stream: name, records }
      yield { type: 'state', stream: name, state: next }
    }
  }
  await connection.query('COMMIT')
}

function unknownStream(name: string, { tables }: Database): MillraceError {
  return new MillraceError({
    code: 'unknown-stream',
    fault: 'config',
    message: `The database has no table or view "${name}" in these schemas; it has ${tables.map(({ stream }) => stream).join(', ')}.`,
    mend: 'Correct the name under streams of the source file, or schemas.',
  })
}

function noCursor(name: string): MillraceError {
  return configFailure(
    'no-cursor',
    `The stream ${name} has no cursor column to be read incrementally by.`,
    'Name one under cursors, or take another mode.',
  )
}
