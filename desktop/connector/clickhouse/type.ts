import type { JsonObject } from '#core/lib/json.ts'

/** A column type without what says nothing of the value: `LowCardinality(Nullable(String))` is `String`. */
export function bareType(type: string): string {
  const [name, inner] = split(type)
  if (name === 'Nullable' || name === 'LowCardinality') return bareType(inner)
  if (name === 'SimpleAggregateFunction') return bareType(inner.slice(inner.indexOf(',') + 1).trim())
  return type
}

/** JSON Schema of a column's values as `server.ts` has them written (ClickHouse docs: Data types). */
export function typeSchema(type: string): JsonObject {
  const bare = bareType(type)
  const isNullable = type.startsWith('Nullable(') || type.startsWith('LowCardinality(Nullable(')
  const typed = (name: string, more: JsonObject = {}): JsonObject => ({ type: isNullable ? [name, 'null'] : name, ...more })
  const [name, inner] = split(bare)
  if (/^(Int(8|16|32|64)|UInt(8|16|32))$/.test(name)) return typed('integer')
  // Beyond 2^63 it is no Int64: what it becomes is seen from the values.
  if (name === 'UInt64') return {}
  if (/^(U?Int(128|256)|Decimal(32|64|128|256)?|String|FixedString|UUID|IPv[46]|Enum(8|16)|Time(64)?|Interval.*)$/.test(name))
    return typed('string')
  if (/^(Float(32|64)|BFloat16)$/.test(name)) return typed('number')
  if (name === 'Bool') return typed('boolean')
  if (name === 'Date' || name === 'Date32') return typed('string', { format: 'date' })
  if (name === 'DateTime' || name === 'DateTime64') return typed('string', { format: 'date-time' })
  if (name === 'Array') return { type: 'array', items: typeSchema(inner) }
  if (name === 'Map' || name === 'JSON' || name === 'Object') return { type: 'object' }
  // A tuple with names is an object, one without is a list of this and that.
  if (name === 'Tuple') return /^(`|[A-Za-z_]\w* [A-Z])/.test(inner) ? { type: 'object' } : {}
  return {}
}

/** Whether values of the type have an order that lasts, and come back as they went through text. */
export function isOrdered(type: string): boolean {
  const [name] = split(bareType(type))
  return /^(U?Int\d+|Decimal\d*|String|FixedString|UUID|IPv[46]|Enum\d+|Bool|Date(32)?|DateTime(64)?)$/.test(name)
}

export function isNullable(type: string): boolean {
  return type.startsWith('Nullable(') || type.startsWith('LowCardinality(Nullable(')
}

/** Decimal places of seconds of a time type; undefined for other types. */
export function timePrecision(type: string): number | undefined {
  const [name, inner] = split(bareType(type))
  if (name === 'DateTime') return 0
  return name === 'DateTime64' ? Number.parseInt(inner, 10) : undefined
}

/** `Name(inner)` in its parts. */
function split(type: string): [name: string, inner: string] {
  const open = type.indexOf('(')
  return open === -1 ? [type, ''] : [type.slice(0, open), type.slice(open + 1, -1)]
}
