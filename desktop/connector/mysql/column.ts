import type { Json, JsonObject } from '#core/lib/json.ts'
import { parseExactJson } from '../exact-json.ts'

/** A column as information_schema.COLUMNS tells it. */
export interface Column {
  name: string
  /** DATA_TYPE: `bigint`, `varchar`, … */
  type: string
  isUnsigned: boolean
  isNullable: boolean
  /** Holds JSON: of that type, or in MariaDB text with the check that JSON has there. */
  isJson: boolean
  /** Values of an enumeration. */
  labels: readonly string[] | undefined
}

const integers = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year'])
const bytes = new Set(['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob', 'vector'])
const texts = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'time', 'uuid', 'inet4', 'inet6'])

/** JSON Schema of a column's values (MySQL manual, "Data Types"). */
export function columnSchema(column: Column): JsonObject {
  const typed = (name: string, more: JsonObject = {}): JsonObject => ({ type: column.isNullable ? [name, 'null'] : name, ...more })
  const { type, isUnsigned } = column
  // What a document holds, and whether an unsigned integer passes 2^63, is seen from the values.
  if (column.isJson || type === 'bit' || (type === 'bigint' && isUnsigned)) return {}
  if (integers.has(type)) return typed('integer')
  if (type === 'float' || type === 'double') return typed('number')
  if (type === 'decimal') return typed('string', { format: 'decimal' })
  if (type === 'date') return typed('string', { format: 'date' })
  if (type === 'datetime' || type === 'timestamp') return typed('string', { format: 'date-time' })
  if (type === 'enum')
    return typed('string', column.labels === undefined ? {} : { enum: [...column.labels, ...(column.isNullable ? [null] : [])] })
  if (type === 'set') return { type: 'array', items: { type: 'string' } }
  if (bytes.has(type)) return typed('string', { contentEncoding: 'base64' })
  return texts.has(type) ? typed('string') : {}
}

/** Whether values have an order that text keeps and literals of it find again; floats are compared with what they print as. */
export function isOrdered({ type, isJson }: Column): boolean {
  if (isJson) return false
  return integers.has(type) || bytes.has(type) || texts.has(type) || ['decimal', 'date', 'datetime', 'timestamp'].includes(type)
}

/** A value as the driver or the binary log gives it, as JSON. A column that is not known any more is told by its value alone. */
export function toJson(value: unknown, column: Column | undefined): Json {
  if (value === null || value === undefined) return null
  switch (column?.type) {
    case 'float':
      return shortestFloat(Number(value))
    case 'bit':
      return Buffer.isBuffer(value) ? bitsOf(value) : (value as Json)
    case 'set':
      return value === '' ? [] : String(value).split(',')
    case 'timestamp':
      return isZeroDate(value) ? String(value) : `${String(value).replace(' ', 'T')}Z`
    case 'datetime':
      return isZeroDate(value) ? String(value) : String(value).replace(' ', 'T')
    case 'year':
      // The log counts from 1900, which is no year of the type: it is the year 0000.
      return value === 1900 ? 0 : Number(value)
    case 'uuid':
      return Buffer.isBuffer(value) ? value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : (value as Json)
    case 'inet4':
      return Buffer.isBuffer(value) ? [...value].join('.') : (value as Json)
    case 'inet6':
      return Buffer.isBuffer(value) ? inet6(value) : (value as Json)
  }
  if (column?.isJson === true && typeof value === 'string') return parseExactJson(value)
  if (Buffer.isBuffer(value)) return value.toString('base64')
  return typeof value === 'bigint' ? String(value) : (value as Json)
}

/** Zero dates and dates with a zero in them are no dates of any calendar: they stay the text that they are. */
function isZeroDate(value: unknown): boolean {
  return /^\d{4}-(00|\d\d-00)/.test(String(value))
}

/** The shortest number that is this float of 32 bits; as a double it would have digits that nobody wrote. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return Number(value.toPrecision(9))
}

/** As MariaDB prints it: RFC 5952, and addresses that stand for one of IPv4 with its dots (MariaDB docs, "INET6"). */
function inet6(address: Buffer): string {
  const groups = address.toString('hex').match(/.{4}/g)!
  const prefix = groups.slice(0, 6).join('')
  const dotted = [...address.subarray(12)].join('.')
  if (prefix === `${'0'.repeat(20)}ffff`) return `::ffff:${dotted}`
  if (/^0+$/.test(prefix) && address.readUInt32BE(12) > 1) return `::${dotted}`
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}

function bitsOf(bits: Buffer): Json {
  const value = BigInt(`0x${bits.toString('hex') || '0'}`)
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
}
