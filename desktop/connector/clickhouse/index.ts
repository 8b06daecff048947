import { z } from 'zod'
import { defineSource, type ReadRequest, type SourceMessage } from '#core/connector/source.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { cursorsField } from '../cursor-setting.ts'
import { readTables } from '../read-tables.ts'
import { catalogOf } from './catalog.ts'
import { openServer, type Server } from './server.ts'
import { rowsOf } from './rows.ts'

const configSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("The server's HTTP interface: https://host:8443."),
  database: z.string().min(1).default('default').describe('The database whose tables and views are read.'),
  user: z.string().min(1).default('default').describe('A user that may SELECT from them.'),
  password: z.string().default('').meta({ secret: true }).describe("The user's password."),
  cursors: cursorsField,
  keys: z
    .record(z.string(), z.array(z.string().min(1)).min(1))
    .default({})
    .describe(
      "Which columns are unique in a table, table → columns. Without it, the sorting key of a ReplacingMergeTree and its kin; other engines' keys are not unique.",
    ),
})

export type ClickHouseConfig = z.infer<typeof configSchema>

export const clickhouse = defineSource<ClickHouseConfig>({
  name: 'clickhouse',
  title: 'ClickHouse',
  description: 'The tables and views of a database of another ClickHouse server.',
  config: configSchema,
  check: (config, runtime) => withServer(config, runtime, async (server) => void (await catalogOf(server, config))),
  discover: (config, runtime) =>
    withServer(config, runtime, async (server) => ({ streams: (await catalogOf(server, config)).map(({ stream }) => stream) })),
  read,
})

async function* read(config: ClickHouseConfig, request: ReadRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const server = openServer(config, runtime.signal)
  try {
    const tables = await catalogOf(server, config)
    yield* readTables({ tables, isStreaming: true, rows: (table, selection) => rowsOf(server, table, selection) }, request, runtime)
  } finally {
    await server.close()
  }
}

async function withServer<Value>(
  config: ClickHouseConfig,
  runtime: Runtime,
  work: (server: Server) => Promise<Value>,
): Promise<Result<Value>> {
  const server = openServer(config, runtime.signal)
  try {
    return ok(await work(server))
  } catch (thrown) {
    return fail(toMillraceError(thrown))
  } finally {
    await server.close()
  }
}
