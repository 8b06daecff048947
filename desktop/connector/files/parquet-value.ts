import type { ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet'
import { isListLike, isMapLike } from 'hyparquet/src/schema.js'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { parseJson } from './json-text.ts'

/*
 * Parquet's types (apache/parquet-format, LogicalTypes.md) as JSON that loses nothing: integers beyond 2^53
 * and decimals that a double does not hold are text, times are ISO 8601 with all their digits, bytes that are no text are base64.
 */

/** Digits of a decimal that a double always holds (IEEE 754). */
const exactDigits = 15

/** What hyparquet gives for times and JSON. */
export const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => time(millis, 1000n, 3),
  timestampFromMicroseconds: (micros) => time(micros, 1_000_000n, 6),
  timestampFromNanoseconds: (nanos) => time(nanos, 1_000_000_000n, 9),
  dateFromDays: (days) => new Date(days * 86_400_000).toISOString().slice(0, 10),
  // Writers mark as text what they never checked to be.
  stringFromBytes: (bytes) => textOf(bytes),
  jsonFromBytes: (bytes) => parseJson(new TextDecoder().decode(bytes)),
}

/** The element without the annotations that hyparquet would read by rounding, or not at all: their values come as they are stored. */
export function rawSchema(element: SchemaElement): SchemaElement {
  const { converted_type: converted, logical_type: logical, ...plain } = element
  const isRaw = [converted, logical?.type].some((type) => type === 'DECIMAL' || type === 'INTERVAL' || type === 'BSON')
  return isRaw ? plain : element
}

type Read = (value: any) => Json

/** Makes JSON of a column's values, or of a part of them. */
export function valueReader(node: SchemaTree): Read {
  const { element, children } = node
  if (isListLike(node)) return listOf(itemOf(node))
  if (isMapLike(node)) {
    const read = valueReader(mapValue(node))
    return orNull((map: Record<string, unknown>) => mapValues(map, (value) => read(value)))
  }
  const read = children.length > 0 ? structReader(children) : scalarReader(element)
  return element.repetition_type === 'REPEATED' ? listOf(read) : orNull(read)
}

/** The JSON Schema of what `valueReader` makes. An integer without a sign may exceed Int64, so its type is left to its values. */
export function columnSchema(node: SchemaTree): JsonObject {
  if (isListLike(node)) return { type: 'array', items: isListLike(itemNode(node)) ? {} : itemSchema(node) }
  if (isMapLike(node)) return { type: 'object' }
  const schema: JsonObject = node.children.length > 0 ? { type: 'object' } : scalarSchema(node.element)
  return node.element.repetition_type === 'REPEATED' ? { type: 'array', items: schema } : schema
}

/** A group that repeats is the item itself where it has several fields, else it holds the item (LogicalTypes.md, "Lists"). */
function itemNode(list: SchemaTree): SchemaTree {
  const repeated = list.children[0]!
  return repeated.children[0] ?? repeated
}

function itemOf(list: SchemaTree): Read {
  const repeated = list.children[0]!
  return repeated.children.length === 0 ? orNull(scalarReader(repeated.element)) : valueReader(itemNode(list))
}

function itemSchema(list: SchemaTree): JsonObject {
  const repeated = list.children[0]!
  return repeated.children.length === 0 ? scalarSchema(repeated.element) : columnSchema(itemNode(list))
}

function mapValue(map: SchemaTree): SchemaTree {
  return map.children[0]!.children.find((child) => child.element.name === 'value')!
}

function structReader(children: readonly SchemaTree[]): Read {
  const fields = children.map((child) => ({ name: child.element.name, read: valueReader(child) }))
  return (struct: Record<string, unknown>) => Object.fromEntries(fields.map(({ name, read }) => [name, read(struct[name])]))
}

function listOf(read: Read): Read {
  return orNull((items: Iterable<unknown>) => Array.from(items, (item) => read(item)))
}

function orNull(read: Read): Read {
  return (value) => (value === null || value === undefined ? null : read(value))
}

function scalarReader(element: SchemaElement): Read {
  const { type, converted_type: converted, logical_type: logical } = element
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return decimalReader(element)
  if (logical?.type === 'TIME' || converted?.startsWith('TIME_M')) {
    const unit = logical?.type === 'TIME' ? logical.unit : converted!.slice('TIME_'.length)
    const digits = unit === 'MILLIS' ? 3 : unit === 'MICROS' ? 6 : 9
    return (value: number | bigint) => time(BigInt(value), 10n ** BigInt(digits), digits).slice('1970-01-01T'.length, -1)
  }
  if (type === 'BYTE_ARRAY') return anyValue
  return type === 'FIXED_LEN_BYTE_ARRAY' ? (value) => (value instanceof Uint8Array ? base64(value) : anyValue(value)) : anyValue
}

function scalarSchema({ type, precision = 0, converted_type: converted, logical_type: logical }: SchemaElement): JsonObject {
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') {
    const digits = logical?.type === 'DECIMAL' ? logical.precision : precision
    return { type: digits <= exactDigits ? 'number' : 'string' }
  }
  if (converted === 'UINT_64' || (logical?.type === 'INTEGER' && logical.bitWidth === 64 && !logical.isSigned)) return {}
  if (converted === 'DATE' || logical?.type === 'DATE') return { type: 'string', format: 'date' }
  if (converted?.startsWith('TIMESTAMP') || logical?.type === 'TIMESTAMP' || type === 'INT96')
    return { type: 'string', format: 'date-time' }
  if (converted?.startsWith('TIME_') || logical?.type === 'TIME') return { type: 'string' }
  if (converted === 'JSON' || logical?.type === 'JSON') return {}
  if (logical?.type === 'GEOMETRY' || logical?.type === 'GEOGRAPHY') return { type: 'object' }
  if (type === 'BOOLEAN') return { type: 'boolean' }
  if (type === 'INT32' || type === 'INT64') return { type: 'integer' }
  return { type: type === 'FLOAT' || type === 'DOUBLE' || logical?.type === 'FLOAT16' ? 'number' : 'string' }
}

/** The unscaled value is an integer, or its bytes with the highest first (LogicalTypes.md, "DECIMAL"). */
function decimalReader({ precision = 0, scale = 0, logical_type: logical }: SchemaElement): Read {
  const [digits, places] = logical?.type === 'DECIMAL' ? [logical.precision, logical.scale] : [precision, scale]
  return (value: number | bigint | Uint8Array) => {
    const unscaled = value instanceof Uint8Array ? signed(value) : BigInt(value)
    const text = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(places + 1, '0')
    const whole = text.slice(0, text.length - places)
    const decimal = `${unscaled < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${text.slice(-places)}`}`
    return digits <= exactDigits ? Number(decimal) : decimal
  }
}

function signed(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n)
  return BigInt.asIntN(bytes.length * 8, value)
}

function anyValue(value: unknown): Json {
  switch (typeof value) {
    case 'bigint':
      return BigInt.asIntN(54, value) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
    case 'number':
      // JSON has no infinity; its name does not fit a number's column, and so stands in _millrace_errors. Not a number is no value.
      return Number.isFinite(value) ? value : Number.isNaN(value) ? null : String(value)
    case 'string':
    case 'boolean':
      return value
    case 'object':
      if (value === null) return null
      if (value instanceof Uint8Array) return textOf(value)
      return Array.isArray(value) ? value.map(anyValue) : mapValues(value as Record<string, unknown>, anyValue)
    default:
      return null
  }
}

function mapValues(object: Record<string, unknown>, read: (value: unknown) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, read(value)]))
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return base64(bytes)
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** Ticks since 1970 as ISO 8601, `digits` after the point. */
function time(ticks: bigint, perSecond: bigint, digits: number): string {
  const fraction = ((ticks % perSecond) + perSecond) % perSecond
  const date = new Date(Number((ticks - fraction) / perSecond) * 1000)
  // Beyond the years that a Date knows: told as it is stored, which no column of times takes.
  if (Number.isNaN(date.getTime())) return ticks.toString()
  return `${date.toISOString().slice(0, -5)}.${fraction.toString().padStart(digits, '0')}Z`
}
