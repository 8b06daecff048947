import { queryRows, type QueryOptions, type Warehouse } from './port.ts'

/** How ClickHouse is to write JSON for tools: numbers as numbers, times as ISO 8601 in UTC, no NaN. */
export const jsonSettings = {
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_decimals: 0,
  output_format_json_quote_denormals: 0,
  date_time_output_format: 'iso',
} as const

/**
 * An expression that writes a value as JSON text, to be used with {@link jsonSettings}. Integers
 * beyond 2^53 become strings, because JSON's readers would round them (RFC 8259, section 6).
 */
export function jsonExpression(expression: string, type: string): string {
  const json = `toJSONString(${expression})`
  if (!/^(LowCardinality\()?(Nullable\()?U?Int(64|128|256)\b/.test(type)) return `ifNull(${json}, 'null')`
  const safe = `${expression} BETWEEN -9007199254740991 AND 9007199254740991`
  return `multiIf(${expression} IS NULL, 'null', ${safe}, ${json}, concat('"', toString(assumeNotNull(${expression})), '"'))`
}

/** Names and types of a SELECT's columns. The engine analyses it and reads nothing. */
export async function describeQuery(warehouse: Warehouse, sql: string, options?: QueryOptions): Promise<{ name: string; type: string }[]> {
  const columns = await queryRows<{ name: string; type: string }>(warehouse, `DESCRIBE TABLE (${sql})`, options)
  return columns.map(({ name, type }) => ({ name, type }))
}
