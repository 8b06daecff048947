import { MillraceError } from '#core/lib/error.ts'
import { didYouMean } from '#core/lib/suggest.ts'
import { checkTables, cursorColumn } from '../cursor-setting.ts'
import type { SourceTable } from '../table-access.ts'
import type { Server } from './server.ts'
import { isNullable, isOrdered, typeSchema } from './type.ts'

/** A table with what its rows are asked for by. */
export interface ClickHouseTable extends SourceTable {
  /** Column → type, as the server prints it. */
  types: ReadonlyMap<string, string>
  /** The engine merges rows of one key sooner or later; asked with FINAL it shows them merged. */
  isMerging: boolean
}

export interface CatalogSettings {
  cursors: Record<string, string>
  keys: Record<string, string[]>
}

/** All tables and views of the database. */
export async function catalogOf(server: Server, settings: CatalogSettings): Promise<ClickHouseTable[]> {
  await requireDatabase(server)
  const types = await columnTypes(server)
  const tables: [name: string, engine: string, sortingKey: string][] = []
  const sql = `SELECT name, engine, sorting_key FROM system.tables
    WHERE database = {database:String} AND NOT is_temporary AND NOT startsWith(name, '.inner') ORDER BY name`
  for await (const rows of server.query(sql, { database: server.database })) tables.push(...(rows as typeof tables))
  const names = tables.map(([name]) => name)
  checkTables(settings.cursors, names)
  return tables.map(([name, engine, sortingKey]) => clickHouseTable(name, engine, sortingKey, types.get(name) ?? new Map(), settings))
}

async function requireDatabase(server: Server): Promise<void> {
  for await (const rows of server.query('SELECT name FROM system.databases WHERE name = {database:String}', {
    database: server.database,
  })) {
    if (rows.length > 0) return
  }
  throw new MillraceError({
    code: 'no-such-database',
    fault: 'config',
    message: `There is no database ${server.database}, or the user may not see it.`,
    mend: 'Correct database, or grant the user SELECT on it.',
    at: { field: 'database' },
  })
}

async function columnTypes(server: Server): Promise<Map<string, Map<string, string>>> {
  const types = new Map<string, Map<string, string>>()
  const sql = `SELECT table, name, type FROM system.columns
    WHERE database = {database:String} AND default_kind <> 'EPHEMERAL' ORDER BY table, position`
  for await (const rows of server.query(sql, { database: server.database })) {
    for (const [table, name, type] of rows as [string, string, string][]) {
      const columns = types.get(table) ?? new Map<string, string>()
      types.set(table, columns.set(name, type))
    }
  }
  return types
}

function clickHouseTable(
  name: string,
  engine: string,
  sortingKey: string,
  types: ReadonlyMap<string, string>,
  settings: CatalogSettings,
): ClickHouseTable {
  // ReplacingMergeTree, and Collapsing, Summing, Aggregating, Coalescing; with Replicated or Shared before it.
  const isMerging = /(Replacing|Collapsing|Summing|Aggregating|Coalescing)MergeTree$/.test(engine)
  const key = keyOf(name, isMerging ? sortingKey : '', types, settings.keys)
  const columns = [...types.keys()]
  const eligible = columns.filter((column) => isOrdered(types.get(column)!))
  const cursor = cursorColumn(name, columns, eligible, settings.cursors)
  const canOrder = key.every((column) => isOrdered(types.get(column)!) && !isNullable(types.get(column)!))
  const order = canOrder ? key : []
  return {
    stream: {
      name,
      schema: { type: 'object', properties: Object.fromEntries([...types].map(([column, type]) => [column, typeSchema(type)])) },
      primaryKey: key.map((column) => [column]),
      ...(cursor === undefined ? {} : { cursorField: [cursor] }),
      modes: cursor === undefined ? ['full-refresh'] : ['full-refresh', 'incremental'],
      ...(order.length === 0 ? {} : { resumable: true }),
    },
    order,
    isCursorUnique: order.length === 1 && order[0] === cursor,
    types,
    isMerging,
  }
}

/** The key of the settings, else the sorting key when it is one of columns, without expressions. */
function keyOf(table: string, sortingKey: string, types: ReadonlyMap<string, string>, keys: Record<string, string[]>): string[] {
  const named = Object.hasOwn(keys, table) ? keys[table] : undefined
  const unknown = named?.find((column) => !types.has(column))
  if (unknown !== undefined) {
    throw new MillraceError({
      code: 'invalid-key',
      fault: 'config',
      message: `keys names the column ${unknown} of ${table}, which it does not have.`,
      mend: didYouMean(unknown, [...types.keys()], 'columns'),
      at: { field: 'keys' },
    })
  }
  if (named !== undefined) return named
  const columns = sortingKey === '' ? [] : sortingKey.split(', ').map((column) => column.replaceAll('`', ''))
  return columns.every((column) => types.has(column)) ? columns : []
}
