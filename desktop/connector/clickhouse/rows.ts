import type { Json } from '#core/lib/json.ts'
import { identifier, tableIdentifier } from '#core/warehouse/sql.ts'
import { behind } from '../position.ts'
import type { Selection, SourceRow } from '../table-access.ts'
import type { ClickHouseTable } from './catalog.ts'
import type { Server } from './server.ts'
import { bareType, timePrecision } from './type.ts'

/** The selected rows, in blocks as the server sends them. */
export async function* rowsOf(server: Server, table: ClickHouseTable, selection: Selection): AsyncGenerator<SourceRow[]> {
  const columns = [...table.types.keys()]
  const { sql, params } = statementOf(server.database, table, selection)
  for await (const block of server.query(sql, params)) {
    yield block.map((values) => ({
      record: Object.fromEntries(columns.map((name, index) => [name, values[index]!])),
      position: values.slice(columns.length),
    }))
  }
}

function statementOf(database: string, table: ClickHouseTable, { order, after, cursor, isNull, limit }: Selection) {
  const params: Record<string, string> = {}
  const place = (column: string, value: Json) => {
    const name = `p${Object.keys(params).length}`
    params[name] = String(value)
    return placed(name, table.types.get(column)!)
  }
  const conditions: string[] = []
  if (after !== undefined) {
    const columns = order.slice(0, after.length)
    const places = columns.map((column, index) => place(column, after[index]!))
    conditions.push(behind(columns.map(identifier), places))
  }
  if (cursor !== undefined) conditions.push(`${identifier(cursor.column)} IS NOT NULL`)
  if (cursor?.from !== undefined) conditions.push(`${identifier(cursor.column)} >= ${place(cursor.column, cursor.from)}`)
  if (cursor?.to !== undefined) conditions.push(`${identifier(cursor.column)} < ${place(cursor.column, cursor.to)}`)
  if (isNull !== undefined) conditions.push(`${identifier(isNull)} IS NULL`)
  const values = [...table.types].map(([name, type]) => shown(name, type))
  const positions = order.map((name) => asPosition(name, table.types.get(name)!))
  const sql = [
    `SELECT ${[...values, ...positions].join(', ')} FROM ${tableIdentifier({ database, table: table.stream.name })}`,
    table.isMerging ? 'FINAL' : '',
    conditions.length === 0 ? '' : `WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`,
    order.length === 0 ? '' : `ORDER BY ${order.map(identifier).join(', ')}`,
    limit === undefined ? '' : `LIMIT ${limit}`,
  ]
  return { sql: sql.join(' '), params }
}

/** A state of an aggregate is bytes; what it stands for is its result. */
function shown(column: string, type: string): string {
  return type.startsWith('AggregateFunction(') ? `finalizeAggregation(${identifier(column)})` : identifier(column)
}

/** As text that the same column takes back. Times in UTC: in a zone of its own an hour comes twice a year. */
function asPosition(column: string, type: string): string {
  return timePrecision(type) === undefined ? `toString(${identifier(column)})` : `toString(toTimeZone(${identifier(column)}, 'UTC'))`
}

/** A parameter as a value that compares with the column by its index. */
function placed(name: string, type: string): string {
  const precision = timePrecision(type)
  if (precision !== undefined) return `parseDateTime64BestEffort({${name}:String}, ${precision}, 'UTC')`
  return `CAST({${name}:String} AS ${bareType(type)})`
}
