import { openScreen } from '../../shell/route.ts'
import { addTab } from './tabs-store.ts'

/** Opens a tab of the SQL screen with the first rows of a table. */
export function openTable(database: string, table: string): void {
  addTab({ title: `${database}.${table}`, text: `SELECT *\nFROM ${quote(database)}.${quote(table)}\nLIMIT 100\n`, runAtOnce: true })
  openScreen('sql')
}

/** A name as ClickHouse reads it: bare where it may be, in backticks otherwise. */
export function quote(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}
