import type { Warehouse } from '../warehouse/port.ts'
import { identifier, tableIdentifier } from '../warehouse/sql.ts'
import { columnType, type DataColumn } from './columns.ts'
import { type ActualTable, columnDefinition, createTable, ownDefinition, type TableLayout } from './layout.ts'
import { elementOf, type Shape } from './shape.ts'

/**
 * Brings a table to the columns of its layout: adds what is missing, widens what is narrower, drops
 * nothing. Returns what it did, as sentences. Readers see the table before or after, never between.
 */
export async function evolve(warehouse: Warehouse, layout: TableLayout, actual: ActualTable, signal: AbortSignal): Promise<string[]> {
  const plain = `${layout.name.database}.${layout.name.table}`
  const table = tableIdentifier(layout.name)
  const existing = new Map(actual.columns.map((column) => [column.name, column]))
  const added = layout.columns.filter((column) => !existing.has(column.name))
  const widened = layout.columns.filter((column) => {
    const current = existing.get(column.name)
    return current !== undefined && current.type !== columnType(column)
  })
  const definitions = [...layout.own.filter(({ name }) => !actual.own.has(name)).map(ownDefinition), ...added.map(columnDefinition)]
  if (definitions.length > 0) {
    await warehouse.command(`ALTER TABLE ${table} ${definitions.map((definition) => `ADD COLUMN ${definition}`).join(', ')}`, { signal })
  }
  if (widened.length > 0) {
    const canModify = widened.every((column) => !column.isKey && isPlainWidening(existing.get(column.name)!.shape, column.shape))
    if (canModify) {
      await warehouse.command(`ALTER TABLE ${table} ${widened.map((column) => `MODIFY COLUMN ${columnDefinition(column)}`).join(', ')}`, {
        signal,
      })
    } else await rebuild(warehouse, layout, existing, signal)
  }
  return [
    ...added.map((column) => `add column ${plain}.${column.name} ${columnType(column)}`),
    ...widened.map((column) => `widen column ${plain}.${column.name} from ${existing.get(column.name)!.type} to ${columnType(column)}`),
  ]
}

/** What ALTER … MODIFY COLUMN converts as we would. Lists and times print otherwise as text than the source wrote them. */
function isPlainWidening(from: Shape | undefined, to: Shape): boolean {
  if (from === 'Int64' || from === 'Bool') return to === 'Float64' || to === 'String'
  return (from === 'Date32' && (to === 'DateTime64' || to === 'String')) || (from === 'Float64' && to === 'String')
}

/** Writes the table anew beside itself and swaps the two: for key columns, which ALTER cannot change, and for lists and times. */
async function rebuild(
  warehouse: Warehouse,
  layout: TableLayout,
  existing: ReadonlyMap<string, { shape: Shape | undefined }>,
  signal: AbortSignal,
): Promise<void> {
  const beside = { ...layout.name, table: `${layout.name.table}__rebuild` }
  const names = [...layout.own.map(({ name }) => name), ...layout.columns.map(({ name }) => name)]
  const values = [
    ...layout.own.map(({ name }) => identifier(name)),
    ...layout.columns.map((column) => widenedValue(column, existing.get(column.name)?.shape)),
  ]
  await warehouse.command(`DROP TABLE IF EXISTS ${tableIdentifier(beside)}`, { signal })
  await warehouse.command(createTable({ ...layout, name: beside }), { signal })
  await warehouse.command(
    `INSERT INTO ${tableIdentifier(beside)} (${names.map(identifier).join(', ')}) SELECT ${values.join(', ')} FROM ${tableIdentifier(layout.name)}`,
    // Numbers in JSON texts stay numbers, whatever the connection's settings.
    { signal, settings: { output_format_json_quote_64bit_integers: 0 } },
  )
  await warehouse.command(`EXCHANGE TABLES ${tableIdentifier(layout.name)} AND ${tableIdentifier(beside)}`, { signal })
  await warehouse.command(`DROP TABLE ${tableIdentifier(beside)}`, { signal })
}

/** The SQL that makes the wider value of the narrower column. */
function widenedValue(column: DataColumn, from: Shape | undefined): string {
  const name = identifier(column.name)
  if (from === undefined || from === column.shape) return name
  if (elementOf(from) !== undefined && elementOf(column.shape) !== undefined) {
    return elementOf(from) === 'JSON' ? `arrayMap(item -> toJSONString(item), ${name})` : `CAST(${name} AS ${columnType(column)})`
  }
  if (column.shape !== 'String') return `CAST(${name} AS ${columnType(column)})`
  if (from === 'DateTime64') return `concat(replaceOne(toString(${name}), ' ', 'T'), 'Z')`
  if (from === 'JSON' || elementOf(from) !== undefined) return `toJSONString(${name})`
  return `toString(${name})`
}
