import type { Json, JsonObject } from '#core/lib/json.ts'
import { behind } from '../position.ts'
import type { Selection, SourceRow, SourceTable } from '../table-access.ts'
import { type Database, guarded } from './database.ts'

/** A value as SQLite has it: text, 64-bit integer, double, blob, NULL. */
type Value = string | bigint | number | Buffer | null

type Params = Record<string, Value>

const blockRows = 1000

/** The selected rows in blocks; between two the event loop has its turn, since SQLite itself does not wait. */
export async function* rowsOf(database: Database, table: SourceTable, selection: Selection): AsyncGenerator<SourceRow[]> {
  const { sql, params } = statementOf(table, selection)
  const columns = Object.keys(table.stream.schema.properties as JsonObject)
  const rows = guarded(database.name, () =>
    database
      .prepare<unknown[], Value[]>(sql)
      .raw(true)
      .iterate(...(params === undefined ? [] : [params])),
  )
  try {
    for (;;) {
      const block = guarded(database.name, () => takeBlock(rows, columns))
      if (block.length > 0) yield block
      if (block.length < blockRows) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    rows.return?.()
  }
}

function takeBlock(rows: Iterator<Value[]>, columns: readonly string[]): SourceRow[] {
  const block: SourceRow[] = []
  while (block.length < blockRows) {
    const { done, value } = rows.next()
    if (done === true) break
    block.push({
      record: Object.fromEntries(columns.map((name, index) => [name, asJson(value[index]!)])),
      position: value.slice(columns.length).map(asPosition),
    })
  }
  return block
}

function statementOf(table: SourceTable, { order, after, cursor, isNull, limit }: Selection): { sql: string; params: Params | undefined } {
  const columns = Object.keys(table.stream.schema.properties as JsonObject)
  const named: Record<string, Value> = {}
  // Named, since one can stand in the condition more than once.
  const place = (value: Json) => {
    const name = `p${Object.keys(named).length}`
    named[name] = fromPosition(value)
    return `:${name}`
  }
  const conditions: string[] = []
  if (after !== undefined) {
    const places = after.map(place)
    conditions.push(behind(order.slice(0, after.length).map(quoted), places))
  }
  if (cursor !== undefined) conditions.push(`${quoted(cursor.column)} IS NOT NULL`)
  if (cursor?.from !== undefined) conditions.push(`${quoted(cursor.column)} >= ${place(cursor.from)}`)
  if (cursor?.to !== undefined) conditions.push(`${quoted(cursor.column)} < ${place(cursor.to)}`)
  if (isNull !== undefined) conditions.push(`${quoted(isNull)} IS NULL`)
  const sql = [
    `SELECT ${[...columns, ...order].map(quoted).join(', ')} FROM ${quoted(table.stream.name)}`,
    conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`,
    order.length === 0 ? '' : `ORDER BY ${order.map(quoted).join(', ')}`,
    limit === undefined ? '' : `LIMIT ${limit}`,
  ]
  return { sql: sql.join(' '), params: Object.keys(named).length === 0 ? undefined : named }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Integers beyond 2^53 and the infinities as text, blobs as base64. */
function asJson(value: Value): Json {
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  return Buffer.isBuffer(value) ? value.toString('base64') : value
}

/** As SQLite compares by storage class, a position keeps it: text and doubles as they are, the others as an object. */
function asPosition(value: Value): Json {
  if (typeof value === 'bigint') return { integer: String(value) }
  return Buffer.isBuffer(value) ? { blob: value.toString('base64') } : value
}

function fromPosition(value: Json): Value {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    if (typeof value.integer === 'string') return BigInt(value.integer)
    if (typeof value.blob === 'string') return Buffer.from(value.blob, 'base64')
  }
  return value as Value
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
}
