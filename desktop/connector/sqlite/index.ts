import { z } from 'zod'
import { defineSource, type ReadRequest, type SourceMessage } from '#core/connector/source.ts'
import { toMillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { cursorsField } from '../cursor-setting.ts'
import { readTables } from '../read-tables.ts'
import { catalogOf } from './catalog.ts'
import { type Database, openDatabase } from './database.ts'
import { rowsOf } from './rows.ts'

const configSchema = z.strictObject({
  path: z.string().min(1).meta({ path: true }).describe('The database file.'),
  cursors: cursorsField,
})

type Config = z.infer<typeof configSchema>

export const sqlite = defineSource<Config>({
  name: 'sqlite',
  title: 'SQLite',
  description: 'The tables and views of a SQLite file, which is opened to read only and may be written to meanwhile.',
  config: configSchema,
  check: async (config) => withDatabase(config, (database) => void catalogOf(database, config.cursors)),
  discover: async (config) =>
    withDatabase(config, (database) => ({ streams: catalogOf(database, config.cursors).map(({ stream }) => stream) })),
  read,
})

async function* read(config: Config, request: ReadRequest, runtime: Runtime): AsyncGenerator<SourceMessage> {
  const database = openDatabase(config.path)
  try {
    const tables = catalogOf(database, config.cursors)
    yield* readTables({ tables, isStreaming: false, rows: (table, selection) => rowsOf(database, table, selection) }, request, runtime)
  } finally {
    database.close()
  }
}

function withDatabase<Value>(config: Config, work: (database: Database) => Value): Result<Value> {
  try {
    const database = openDatabase(config.path)
    try {
      return ok(work(database))
    } finally {
      database.close()
    }
  } catch (thrown) {
    return fail(toMillraceError(thrown))
  }
}
