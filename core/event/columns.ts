import { identifier } from '../warehouse/sql.ts'
import { type Kind, kinds } from './seen.ts'

/**
 * The SQL that reads one path of a JSON column as one type that suits every kind of value seen there. It must not
 * throw on a value of a kind not seen yet, so it reads typed subcolumns, which are NULL for other types
 * (ClickHouse docs: JSON type, "Reading JSON paths as sub-columns").
 * @param column `properties`, or another JSON column of `events.all`, which the statement calls `e`
 * @param mask kinds seen, or-ed
 */
export function pathExpression(column: string, path: string, mask: number): { sql: string; type: ColumnType } {
  const field = `e.${identifier(column)}.${path.split('.').map(identifier).join('.')}`
  const type = typeOf(mask)
  return { sql: read[type](field), type }
}

export type ColumnType = 'Int64' | 'Float64' | 'Bool' | 'Date32' | 'DateTime64' | 'String'

function typeOf(mask: number): ColumnType {
  if (only(mask, 'integer')) return 'Int64'
  if (only(mask, 'integer', 'float')) return 'Float64'
  if (only(mask, 'boolean')) return 'Bool'
  if (only(mask, 'date')) return 'Date32'
  if (only(mask, 'date', 'time')) return 'DateTime64'
  return 'String'
}

function only(mask: number, ...allowed: Kind[]): boolean {
  return mask !== 0 && allowed.reduce((rest, kind) => rest & ~kinds[kind], mask) === 0
}

const read: Record<ColumnType, (field: string) => string> = {
  Int64: (field) => `${field}.:Int64`,
  Float64: (field) => `coalesce(${field}.:Float64, toFloat64(${field}.:Int64))`,
  Bool: (field) => `${field}.:Bool`,
  Date32: (field) => `toDate32OrNull(${field}.:String)`,
  DateTime64: (field) => `parseDateTime64BestEffortOrNull(${field}.:String, 3, 'UTC')`,
  // A list is text in JSON, as the guides have it; any other value as it prints.
  String: (field) =>
    `multiIf(dynamicType(${field}) = 'None', NULL, startsWith(dynamicType(${field}), 'Array'), toJSONString(${field}), toString(${field}))`,
}
