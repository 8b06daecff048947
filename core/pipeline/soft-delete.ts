import type { Warehouse, WarehouseRow } from '../warehouse/port.ts'
import { identifier, literal, tableIdentifier } from '../warehouse/sql.ts'
import { columnType } from './columns.ts'
import { deletedColumn, type TableLayout, versionColumn } from './layout.ts'

/** Keys of one statement. */
const statementKeys = 1000

/**
 * Marks rows as deleted, keeping their values: the row that is shown is written again with the mark and the version of
 * the delete. `gone` are rows with key, version and own columns. Doing it again comes to the same; a row that came
 * after its delete, or is marked already, is left alone.
 */
export async function markDeleted(
  warehouse: Warehouse,
  layout: TableLayout,
  gone: readonly WarehouseRow[],
  signal: AbortSignal,
): Promise<void> {
  for (let start = 0; start < gone.length; start += statementKeys) {
    const settings = { date_time_input_format: 'best_effort', max_query_size: 100_000_000 }
    await warehouse.command(statement(layout, gone.slice(start, start + statementKeys)), { signal, settings })
  }
}

function statement(layout: TableLayout, gone: readonly WarehouseRow[]): string {
  const table = tableIdentifier(layout.name)
  const key = layout.key!
  const keyNames = key.map(({ name }) => identifier(name)).join(', ')
  // Of the tombstone come the platform's own columns, of the row that was shown the rest.
  const ofTombstone = layout.own.filter(({ name }) => name !== '_millrace_errors')
  const own = new Set(ofTombstone.map(({ name }) => name))
  const structure = [
    ...ofTombstone.map(({ name, type }) => `${identifier(name)} ${type}`),
    ...key.map((column) => `${identifier(column.name)} ${columnType(column)}`),
  ].join(', ')
  const names = [...layout.own, ...layout.columns].map(({ name }) => name)
  const values = names.map((name) => `${own.has(name) ? 'gone' : 'held'}.${identifier(name)}`)
  const lines = gone.map((row) => JSON.stringify(row)).join('\n')
  return [
    `INSERT INTO ${table} (${names.map(identifier).join(', ')})`,
    `WITH told AS (SELECT * FROM format(JSONEachRow, ${literal(structure)}, ${literal(lines)}))`,
    `SELECT ${values.join(', ')}`,
    `FROM (SELECT * FROM ${table} FINAL WHERE (${keyNames}) IN (SELECT ${keyNames} FROM told)) AS held`,
    `INNER JOIN told AS gone USING (${keyNames})`,
    `WHERE held.${identifier(versionColumn.name)} < gone.${identifier(versionColumn.name)} AND held.${identifier(deletedColumn.name)} IS NULL`,
  ].join(' ')
}
