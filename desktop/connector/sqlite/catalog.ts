import type { JsonObject } from '#core/lib/json.ts'
import { checkTables, cursorColumn } from '../cursor-setting.ts'
import type { SourceTable } from '../table-access.ts'
import { type Database, guarded } from './database.ts'

interface ListedTable {
  name: string
  type: 'table' | 'view' | 'virtual' | 'shadow'
  hasNoRowid: bigint
  isStrict: bigint
}

interface Column {
  name: string
  type: string
  isRequired: bigint
  /** Place in the primary key, from 1; 0 is none. */
  keyPlace: bigint
}

/** What can stand for the rowid in SQL; the first that no column of the table is named (sqlite.org/rowidtable.html). */
const rowidNames = ['_rowid_', 'rowid', 'oid']

/** All tables and views but SQLite's own. */
export function catalogOf(database: Database, cursors: Readonly<Record<string, string>>): SourceTable[] {
  return guarded(database.name, () => {
    const listed = database
      .prepare<[], ListedTable>(
        `SELECT name, type, wr AS hasNoRowid, strict AS isStrict FROM pragma_table_list
         WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
      )
      .all()
    checkTables(
      cursors,
      listed.map(({ name }) => name),
    )
    return listed.map((table) => sourceTable(table, columnsOf(database, table.name), cursors))
  })
}

function columnsOf(database: Database, table: string): Column[] {
  // hidden = 1 are the arguments of virtual tables; generated columns (2, 3) are data (pragma.html#pragma_table_xinfo).
  return database
    .prepare<[string], Column>(
      `SELECT name, type, "notnull" AS isRequired, pk AS keyPlace FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid`,
    )
    .all(table)
}

function sourceTable(table: ListedTable, columns: readonly Column[], cursors: Readonly<Record<string, string>>): SourceTable {
  const names = columns.map(({ name }) => name)
  const key = columns.filter(({ keyPlace }) => keyPlace > 0n).toSorted((a, b) => Number(a.keyPlace - b.keyPlace))
  const eligible = columns.filter(({ type }) => affinityOf(type) !== 'blob').map(({ name }) => name)
  const cursor = cursorColumn(table.name, names, eligible, cursors)
  // An INTEGER PRIMARY KEY is the rowid itself.
  const isRowid = key.length === 1 && key[0]!.type.toUpperCase() === 'INTEGER'
  const order = orderOf(table, key, isRowid, names)
  return {
    stream: {
      name: table.name,
      schema: { type: 'object', properties: Object.fromEntries(columns.map((column) => [column.name, columnSchema(column)])) },
      primaryKey: key.map(({ name }) => [name]),
      ...(cursor === undefined ? {} : { cursorField: [cursor] }),
      modes: cursor === undefined ? ['full-refresh'] : ['full-refresh', 'incremental'],
      ...(order.length === 0 ? {} : { resumable: true }),
    },
    order,
    isCursorUnique: cursor !== undefined && key.length === 1 && key[0]!.name === cursor && isRowid,
  }
}

/**
 * The rowid orders a table that has one: a primary key of another type may hold NULLs (sqlite.org/lang_createtable.html,
 * "The PRIMARY KEY"), which it may not in a table without rowid.
 */
function orderOf(table: ListedTable, key: readonly Column[], isRowid: boolean, names: readonly string[]): string[] {
  if (table.type !== 'table') return []
  if (table.hasNoRowid === 1n || isRowid) return key.map(({ name }) => name)
  const taken = new Set(names.map((name) => name.toLowerCase()))
  return rowidNames.filter((name) => !taken.has(name)).slice(0, 1)
}

/**
 * What a column's affinity says of its values. SQLite does not hold them to it outside of STRICT tables: a value that
 * does not fit is told by the pipeline. Declared types that say nothing of the value are left open.
 */
function columnSchema({ type, isRequired }: Column): JsonObject {
  const types = (name: string) => (isRequired === 1n ? name : [name, 'null'])
  const affinity = affinityOf(type)
  if (affinity === 'integer') return { type: types('integer') }
  if (affinity === 'real') return { type: types('number') }
  if (affinity === 'text') return { type: types('string') }
  if (affinity === 'blob' && type !== '') return { type: types('string'), contentEncoding: 'base64' }
  return {}
}

/** sqlite.org/datatype3.html, "Determination Of Column Affinity". STRICT's ANY and a missing type are open. */
function affinityOf(declared: string): 'integer' | 'text' | 'blob' | 'real' | 'numeric' | 'any' {
  const type = declared.toUpperCase()
  if (type === '' || type === 'ANY') return 'any'
  if (type.includes('INT')) return 'integer'
  if (/CHAR|CLOB|TEXT/.test(type)) return 'text'
  if (type.includes('BLOB')) return 'blob'
  return /REAL|FLOA|DOUB/.test(type) ? 'real' : 'numeric'
}
