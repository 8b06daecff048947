import { type TableName, queryRows, type Warehouse } from '../warehouse/port.ts'
import { identifier, literal, tableIdentifier } from '../warehouse/sql.ts'
import { type Attempt, attemptOf } from './attempt.ts'
import { columnType, type DataColumn, type ExistingColumn } from './columns.ts'
import { shapeOfType } from './shape.ts'

export interface OwnColumn {
  name: string
  type: string
  comment: string
}

/** The platform's own columns, first in every table of a source. */
export const ownColumns: readonly OwnColumn[] = [
  { name: '_millrace_id', type: 'UInt64', comment: 'Number of the row within its run and stream.' },
  { name: '_millrace_run', type: 'LowCardinality(String)', comment: 'The run that loaded the row.' },
  { name: '_millrace_loaded_at', type: "DateTime64(3, 'UTC')", comment: 'When it was loaded.' },
  {
    name: '_millrace_errors',
    type: 'Map(LowCardinality(String), String)',
    comment: 'Values that did not fit: column and the value as JSON. Their columns are NULL.',
  },
]

/** Orders the versions of a keyed row (see version.ts). */
export const versionColumn: OwnColumn = {
  name: '_millrace_version',
  type: 'UInt64',
  comment: 'Of rows with the same key, the highest is shown.',
}

/** Of streams that tell of deletes. */
export const deletedColumn: OwnColumn = {
  name: '_millrace_deleted_at',
  type: "Nullable(DateTime64(3, 'UTC'))",
  comment: 'When the source told that the row was deleted; NULL for one that is there.',
}

export interface TableLayout {
  name: TableName
  own: readonly OwnColumn[]
  columns: readonly DataColumn[]
  /** The key's columns for a table that keeps one row a key; undefined for one that keeps all rows. */
  key: readonly DataColumn[] | undefined
  comment: string
}

export function createTable(layout: TableLayout): string {
  const columns = [...layout.own.map(ownDefinition), ...layout.columns.map(columnDefinition)]
  const key = layout.key?.map(({ name }) => identifier(name)).join(', ')
  return [
    `CREATE TABLE ${tableIdentifier(layout.name)} (${columns.join(', ')})`,
    key === undefined ? 'ENGINE = MergeTree' : `ENGINE = ReplacingMergeTree(${versionColumn.name})`,
    `ORDER BY (${key ?? '_millrace_run, _millrace_id'})`,
    'SETTINGS non_replicated_deduplication_window = 1000',
    ...(layout.comment === '' ? [] : [`COMMENT ${literal(layout.comment)}`]),
  ].join(' ')
}

export function ownDefinition({ name, type, comment }: OwnColumn): string {
  return `${identifier(name)} ${type} COMMENT ${literal(comment)}`
}

/** Name, type, and the field it holds, which its comment keeps. */
export function columnDefinition(column: DataColumn): string {
  return `${identifier(column.name)} ${columnType(column)} COMMENT ${literal(fieldComment(column.path))}`
}

export interface ActualTable {
  /** Which reading from the beginning its rows are of. */
  attempt: Attempt | undefined
  engine: string
  sortingKey: string
  /** Names of the platform's own columns. */
  own: ReadonlySet<string>
  columns: (ExistingColumn & { type: string })[]
}

/** What the warehouse has under a name; undefined when there is nothing. */
export async function readTable(warehouse: Warehouse, name: TableName, signal: AbortSignal): Promise<ActualTable | undefined> {
  const options = { signal, params: { database: name.database, table: name.table } }
  const [table] = await queryRows<{ engine: string; sorting_key: string; comment: string }>(
    warehouse,
    'SELECT engine, sorting_key, comment FROM system.tables WHERE database = {database:String} AND name = {table:String}',
    options,
  )
  if (table === undefined) return undefined
  const columns = await queryRows<{ name: string; type: string; comment: string }>(
    warehouse,
    'SELECT name, type, comment FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position',
    options,
  )
  return {
    attempt: attemptOf(table.comment),
    engine: table.engine,
    // Newer servers print a key of one column in parentheses too.
    sortingKey: table.sorting_key.replaceAll('`', '').replace(/^\((.*)\)$/, '$1'),
    own: new Set(columns.map(({ name: column }) => column).filter(isOwn)),
    columns: columns
      .filter((column) => !isOwn(column.name))
      .map(({ name: column, type, comment }) => ({ name: column, type, path: pathOfComment(comment, column), shape: shapeOfType(type) })),
  }
}

function isOwn(column: string): boolean {
  return column.startsWith('_millrace_')
}

function fieldComment(path: readonly string[]): string {
  return path.length === 1 ? path[0]! : JSON.stringify(path)
}

function pathOfComment(comment: string, name: string): readonly string[] {
  if (comment === '') return [name]
  if (!comment.startsWith('["')) return [comment]
  try {
    return JSON.parse(comment) as string[]
  } catch {
    return [comment]
  }
}
