import type { Json } from '#core/lib/json.ts'
import { behind } from '../position.ts'
import type { Selection, SourceRow } from '../table-access.ts'
import type { MysqlTable } from './catalog.ts'
import { type Column, toJson } from './column.ts'
import { quoted, type Session } from './connect.ts'

const blockRows = 1000

/** The selected rows, in blocks, as the server sends them. */
export async function* rowsOf(session: Session, table: MysqlTable, selection: Selection): AsyncGenerator<SourceRow[]> {
  const columns = [...table.columns.values()]
  const places = selection.order.map((name) => columns.findIndex((column) => column.name === name))
  let block: SourceRow[] = []
  for await (const values of session.stream(statementOf(table, selection))) {
    block.push({
      record: Object.fromEntries(columns.map((column, index) => [column.name, toJson(values[index], column)])),
      position: places.map((place) => toPosition(values[place])),
    })
    if (block.length < blockRows) continue
    yield block
    block = []
  }
  if (block.length > 0) yield block
}

export function statementOf(table: MysqlTable, { order, after, cursor, isNull, limit }: Selection): string {
  const place = (name: string, value: Json) => literal(value, table.columns.get(name)!)
  const conditions: string[] = []
  if (after !== undefined) {
    const names = order.slice(0, after.length)
    const places = names.map((name, index) => place(name, after[index]!))
    conditions.push(behind(names.map(quoted), places))
  }
  if (cursor !== undefined) conditions.push(`${quoted(cursor.column)} IS NOT NULL`)
  if (cursor?.from !== undefined) conditions.push(`${quoted(cursor.column)} >= ${place(cursor.column, cursor.from)}`)
  if (cursor?.to !== undefined) conditions.push(`${quoted(cursor.column)} < ${place(cursor.column, cursor.to)}`)
  if (isNull !== undefined) conditions.push(`${quoted(isNull)} IS NULL`)
  return [
    `SELECT ${[...table.columns.values()].map(shown).join(', ')} FROM ${quoted(table.stream.name)}`,
    conditions.length === 0 ? '' : `WHERE ${conditions.map((condition) => `(${condition})`).join(' AND ')}`,
    order.length === 0 ? '' : `ORDER BY ${order.map(quoted).join(', ')}`,
    limit === undefined ? '' : `LIMIT ${limit}`,
  ].join(' ')
}

/** A FLOAT prints with 6 digits; as a double it prints with all it has (MySQL manual, "Problems with Floating-Point Values"). */
function shown({ name, type }: Column): string {
  return type === 'float' ? `${quoted(name)} + 0e0` : quoted(name)
}

/** As the server printed it. */
function toPosition(value: unknown): Json {
  return Buffer.isBuffer(value) ? value.toString('base64') : typeof value === 'number' ? value : String(value)
}

const numbers = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year', 'decimal'])
const times = new Set(['date', 'datetime', 'timestamp'])

/**
 * A literal that compares with the column in the column's own type and collation. Numbers are not quoted, since a
 * decimal is compared with text as a double; bytes and all other text go as hexadecimals, which no escape can end.
 */
function literal(value: Json, { type }: Column): string {
  const text = String(value)
  if (numbers.has(type) && /^-?\d+(\.\d+)?$/.test(text)) return text
  if (times.has(type)) return hexadecimal(Buffer.from(inUtc(text)), 'utf8mb4')
  if (/binary|blob|vector/.test(type)) return text === '' ? "''" : `x'${Buffer.from(text, 'base64').toString('hex')}'`
  return hexadecimal(Buffer.from(text), 'utf8mb4')
}

function hexadecimal(bytes: Buffer, charset: string): string {
  return bytes.length === 0 ? "''" : `_${charset} x'${bytes.toString('hex')}'`
}

/** `2026-01-31T10:00:00+02:00`, of a range, as the server takes it; what has no zone is as it is in the column. */
function inUtc(text: string): string {
  if (!/T.*(Z|[+-]\d\d:?\d\d)$/i.test(text)) return text.replace('T', ' ')
  const millis = Date.parse(text)
  return Number.isNaN(millis) ? text : new Date(millis).toISOString().replace('T', ' ').replace('Z', '')
}
