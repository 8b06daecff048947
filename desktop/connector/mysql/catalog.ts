import { checkTables, cursorColumn } from '../cursor-setting.ts'
import type { SourceTable } from '../table-access.ts'
import { type Column, columnSchema, isOrdered } from './column.ts'
import type { MysqlConfig } from './config.ts'
import type { Session } from './connect.ts'

export interface MysqlTable extends SourceTable {
  columns: ReadonlyMap<string, Column>
}

interface ListedColumn {
  tableName: string
  name: string
  type: string
  fullType: string
  isNullable: 'YES' | 'NO'
}

/** All tables and views of the database that the user may read (information_schema shows no others). */
export async function catalogOf(session: Session, config: MysqlConfig): Promise<MysqlTable[]> {
  const { database } = config
  const tables = await session.query<{ name: string }>(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') ORDER BY TABLE_NAME`,
    [database],
  )
  const names = tables.map(({ name }) => name)
  checkTables(config.cursors, names)
  const columns = await columnsOf(session, database)
  const keys = await keysOf(session, database)
  return names.map((name) => mysqlTable(name, columns.get(name) ?? [], keys.get(name) ?? [], config))
}

async function columnsOf(session: Session, database: string): Promise<Map<string, Column[]>> {
  const json = session.isMariaDb ? await jsonColumns(session, database) : new Set<string>()
  const listed = await session.query<ListedColumn>(
    `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name, LOWER(DATA_TYPE) AS type, COLUMN_TYPE AS fullType, IS_NULLABLE AS isNullable
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    [database],
  )
  const columns = new Map<string, Column[]>()
  for (const { tableName, name, type, fullType, isNullable } of listed) {
    const column: Column = {
      name,
      type,
      isUnsigned: / unsigned/i.test(fullType),
      isNullable: isNullable === 'YES',
      isJson: type === 'json' || json.has(`${tableName}.${name}`),
      labels: type === 'enum' ? labelsOf(fullType) : undefined,
    }
    columns.set(tableName, [...(columns.get(tableName) ?? []), column])
  }
  return columns
}

/** In MariaDB, JSON is LONGTEXT with the check json_valid(`column`) (MariaDB docs, "JSON Data Type"). */
async function jsonColumns(session: Session, database: string): Promise<Set<string>> {
  const checks = await session.query<{ tableName: string; clause: string }>(
    'SELECT TABLE_NAME AS tableName, CHECK_CLAUSE AS clause FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?',
    [database],
  )
  return new Set(
    checks.flatMap(({ tableName, clause }) => {
      const column = /^json_valid\(`(.*)`\)$/i.exec(clause)?.[1]
      return column === undefined ? [] : [`${tableName}.${column.replaceAll('``', '`')}`]
    }),
  )
}

/** `enum('a','it''s')` as its labels. */
function labelsOf(fullType: string): string[] {
  return [...fullType.matchAll(/'((?:[^']|'')*)'/g)].map(([, label]) => label!.replaceAll("''", "'"))
}

async function keysOf(session: Session, database: string): Promise<Map<string, string[]>> {
  const parts = await session.query<{ tableName: string; name: string }>(
    `SELECT TABLE_NAME AS tableName, COLUMN_NAME AS name FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = ? AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX`,
    [database],
  )
  const keys = new Map<string, string[]>()
  for (const { tableName, name } of parts) keys.set(tableName, [...(keys.get(tableName) ?? []), name])
  return keys
}

function mysqlTable(name: string, columns: readonly Column[], key: readonly string[], config: MysqlConfig): MysqlTable {
  const byName = new Map(columns.map((column) => [column.name, column]))
  const eligible = columns.filter(isOrdered).map((column) => column.name)
  const cursor = cursorColumn(name, [...byName.keys()], eligible, config.cursors)
  const order = key.every((column) => eligible.includes(column)) ? key : []
  // The log tells which row was changed by its key; a table without one is read whole each time.
  const isFollowed = config.replication === 'binlog' && order.length > 0
  return {
    stream: {
      name,
      schema: { type: 'object', properties: Object.fromEntries(columns.map((column) => [column.name, columnSchema(column)])) },
      primaryKey: key.map((column) => [column]),
      ...(cursor === undefined ? {} : { cursorField: [cursor] }),
      modes: cursor === undefined && !isFollowed ? ['full-refresh'] : ['full-refresh', 'incremental'],
      ...(isFollowed ? { tellsDeletes: true } : {}),
      ...(order.length === 0 ? {} : { resumable: true }),
    },
    order,
    isCursorUnique: order.length === 1 && order[0] === cursor,
    columns: byName,
  }
}
