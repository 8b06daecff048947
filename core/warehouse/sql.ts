import type { TableName } from './port.ts'

/** A quoted identifier: backticks, with ClickHouse's escapes (docs: SQL syntax, "Identifiers"). */
export function identifier(name: string): string {
  return '`' + name.replaceAll('\\', '\\\\').replaceAll('`', '\\`') + '`'
}

/** `` `database`.`table` `` */
export function tableIdentifier(name: TableName): string {
  return `${identifier(name.database)}.${identifier(name.table)}`
}

/** A string literal, with ClickHouse's escapes (docs: SQL syntax, "String"). Bind parameters instead wherever a value comes from outside. */
export function literal(value: string): string {
  return "'" + value.replaceAll('\\', '\\\\').replaceAll("'", "\\'") + "'"
}
