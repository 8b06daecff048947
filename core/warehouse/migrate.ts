import { MillraceError } from '../lib/error.ts'
import { queryRows, type TableName, type Warehouse } from './port.ts'
import { identifier, literal, tableIdentifier } from './sql.ts'
import type { Column, Relation, Table, View } from './table.ts'

/** One DDL statement and why. */
export interface Change {
  description: string
  sql: string
}

/**
 * Brings the warehouse to what `relations` say and returns what it changed, in order; nothing when
 * it is there already. It adds and alters, and never drops: a column or table it does not know is
 * left alone. Throws `table-differs` where ClickHouse cannot alter in place (engine, keys).
 */
export async function migrate(
  warehouse: Warehouse,
  relations: readonly Relation[],
  options: { signal?: AbortSignal } = {},
): Promise<Change[]> {
  const changes = diff(await normalize(warehouse, relations, options), await readActual(warehouse, relations, options))
  for (const change of changes) await warehouse.command(change.sql, options)
  return changes
}

/** What the warehouse has, as far as it concerns the relations asked for. */
export interface Actual {
  databases: Set<string>
  relations: Map<string, ActualRelation>
}

interface ActualRelation {
  engine: string
  sortingKey: string
  partitionKey: string
  comment: string
  columns: Map<string, { type: string; default: string }>
}

/** The statements that lead from `actual` to `wanted`. `wanted` is normalized, so that equal means equal. */
export function diff(wanted: readonly NormalizedRelation[], actual: Actual): Change[] {
  const databases = [...new Set(wanted.map(({ relation }) => relation.name.database))].filter((name) => !actual.databases.has(name))
  const existing = ({ relation }: NormalizedRelation) => actual.relations.get(key(relation.name))
  const ofTables = wanted.flatMap((item) => (item.relation.kind === 'table' ? diffTable(item.relation, existing(item)) : []))
  // A view keeps the column types it was created with, so it is made anew whenever a table beneath may have changed.
  const stale = ofTables.length > 0
  const ofViews = wanted.flatMap((item) =>
    item.relation.kind === 'view' ? diffView(item.relation, item.fingerprint, existing(item), stale) : [],
  )
  return [
    ...databases.map((name) => ({ description: `create database ${name}`, sql: `CREATE DATABASE IF NOT EXISTS ${identifier(name)}` })),
    ...ofTables,
    ...ofViews,
  ]
}

function diffTable(table: Table, existing: ActualRelation | undefined): Change[] {
  const name = tableIdentifier(table.name)
  const plain = key(table.name)
  if (existing === undefined) return [{ description: `create table ${plain}`, sql: createTable(table) }]
  refuseDifference(table, existing)
  return table.columns.flatMap((column, index) => {
    const current = existing.columns.get(column.name)
    if (current === undefined) {
      const after = index === 0 ? 'FIRST' : `AFTER ${identifier(table.columns[index - 1]!.name)}`
      return [
        {
          description: `add column ${plain}.${column.name}`,
          sql: `ALTER TABLE ${name} ADD COLUMN IF NOT EXISTS ${columnDefinition(column)} ${after}`,
        },
      ]
    }
    if (current.type === column.type && current.default === (column.default ?? '')) return []
    return [
      {
        description: `alter column ${plain}.${column.name} from ${current.type} to ${column.type}`,
        sql: `ALTER TABLE ${name} MODIFY COLUMN ${columnDefinition(column)}`,
      },
    ]
  })
}

function refuseDifference(table: Table, existing: ActualRelation): void {
  const differences: [what: string, wanted: string, actual: string][] = [
    ['engine', engineName(table.engine), existing.engine],
    ['sorting key', table.orderBy.join(', '), existing.sortingKey],
    ['partition key', table.partitionBy ?? '', existing.partitionKey],
  ]
  for (const [what, wanted, actual] of differences) {
    if (comparable(wanted) === comparable(actual)) continue
    throw new MillraceError({
      code: 'table-differs',
      fault: 'config',
      message: `${key(table.name)} exists with ${what} "${actual}", and Millrace needs "${wanted}"; ClickHouse cannot alter that in place.`,
      mend: `Rename or drop ${key(table.name)}, then run again.`,
    })
  }
}

function diffView(view: View, fingerprint: string, existing: ActualRelation | undefined, stale: boolean): Change[] {
  const plain = key(view.name)
  if (existing !== undefined && existing.engine !== 'View') {
    throw new MillraceError({
      code: 'table-differs',
      fault: 'config',
      message: `${plain} is a ${existing.engine} table, and Millrace needs a view of that name.`,
      mend: `Rename or drop ${plain}, then run again.`,
    })
  }
  const comment = [view.comment, fingerprint].filter(Boolean).join(' ')
  if (existing?.comment === comment && !stale) return []
  return [
    {
      description: `${existing === undefined ? 'create' : 'replace'} view ${plain}`,
      sql: `CREATE OR REPLACE VIEW ${tableIdentifier(view.name)} AS ${view.select} COMMENT ${literal(comment)}`,
    },
  ]
}

/** A relation whose default expressions read as ClickHouse prints them, with a fingerprint of its SELECT. */
interface NormalizedRelation {
  relation: Relation
  fingerprint: string
}

async function normalize(
  warehouse: Warehouse,
  relations: readonly Relation[],
  options: { signal?: AbortSignal },
): Promise<NormalizedRelation[]> {
  const defaults = [
    ...new Set(
      relations.flatMap((relation) => (relation.kind === 'table' ? relation.columns.flatMap((column) => column.default ?? []) : [])),
    ),
  ]
  const printed = new Map<string, string>()
  if (defaults.length > 0) {
    const sql = `SELECT arrayMap(d -> formatQuerySingleLine(concat('SELECT ', d)), {defaults:Array(String)}) AS printed`
    const rows = await queryRows<{ printed: string[] }>(warehouse, sql, { ...options, params: { defaults } })
    rows[0]?.printed.forEach((text, index) => printed.set(defaults[index]!, text.slice('SELECT '.length)))
  }
  return Promise.all(
    relations.map(async (relation) => {
      if (relation.kind === 'view') return { relation, fingerprint: `millrace:${await sha256(relation.select)}` }
      const columns = relation.columns.map((column) =>
        column.default === undefined ? column : { ...column, default: printed.get(column.default) ?? column.default },
      )
      return { relation: { ...relation, columns }, fingerprint: '' }
    }),
  )
}

async function readActual(warehouse: Warehouse, relations: readonly Relation[], options: { signal?: AbortSignal }): Promise<Actual> {
  const params = {
    databases: [...new Set(relations.map((relation) => relation.name.database))],
    names: relations.map((relation) => key(relation.name)),
  }
  const query = <Row>(sql: string) => queryRows<Row>(warehouse, sql, { ...options, params })
  const databases = await query<{ name: string }>('SELECT name FROM system.databases WHERE name IN {databases:Array(String)}')
  const tables = await query<{ key: string; engine: string; sorting_key: string; partition_key: string; comment: string }>(
    `SELECT concat(database, '.', name) AS key, engine, sorting_key, partition_key, comment FROM system.tables
     WHERE database IN {databases:Array(String)} AND key IN {names:Array(String)}`,
  )
  const columns = await query<{ key: string; name: string; type: string; default_expression: string }>(
    `SELECT concat(database, '.', table) AS key, name, type, default_expression FROM system.columns
     WHERE database IN {databases:Array(String)} AND key IN {names:Array(String)}`,
  )
  const relationsByKey = new Map<string, ActualRelation>()
  for (const { key: name, engine, sorting_key, partition_key, comment } of tables) {
    relationsByKey.set(name, { engine, sortingKey: sorting_key, partitionKey: partition_key, comment, columns: new Map() })
  }
  for (const column of columns) {
    relationsByKey.get(column.key)?.columns.set(column.name, { type: column.type, default: column.default_expression })
  }
  return { databases: new Set(databases.map(({ name }) => name)), relations: relationsByKey }
}

function createTable(table: Table): string {
  const settings = Object.entries(table.settings ?? {}).map(
    ([name, value]) => `${name} = ${typeof value === 'number' ? value : literal(value)}`,
  )
  return [
    `CREATE TABLE IF NOT EXISTS ${tableIdentifier(table.name)} (${table.columns.map(columnDefinition).join(', ')})`,
    `ENGINE = ${table.engine}`,
    table.partitionBy && `PARTITION BY ${table.partitionBy}`,
    `ORDER BY (${table.orderBy.join(', ')})`,
    settings.length > 0 && `SETTINGS ${settings.join(', ')}`,
    table.comment && `COMMENT ${literal(table.comment)}`,
  ]
    .filter(Boolean)
    .join(' ')
}

function columnDefinition(column: Column): string {
  return [
    identifier(column.name),
    column.type,
    column.default && `DEFAULT ${column.default}`,
    column.comment && `COMMENT ${literal(column.comment)}`,
    column.codec && `CODEC(${column.codec})`,
  ]
    .filter(Boolean)
    .join(' ')
}

function key(name: TableName): string {
  return `${name.database}.${name.table}`
}

function engineName(engine: string): string {
  return engine.split('(')[0]!.trim()
}

/** Keys compare without the spaces, backticks and outer parentheses in which ClickHouse's print differs from a person's. */
function comparable(text: string): string {
  const bare = text.replaceAll(/[\s`]/g, '')
  return /^tuple\(\)$/.test(bare) ? '' : bare.replace(/^\(([^()]*)\)$/, '$1')
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return [...new Uint8Array(digest).subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
