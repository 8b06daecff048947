import type { TableName } from './port.ts'

/**
 * A table or view as data. `migrate` compares a list of these with the warehouse and makes the DDL
 * that brings the warehouse there; running it twice changes nothing.
 */
export type Relation = Table | View

export interface Table {
  kind: 'table'
  name: TableName
  columns: readonly Column[]
  /** Engine with its arguments: `ReplacingMergeTree(version)`. */
  engine: string
  orderBy: readonly string[]
  partitionBy?: string
  settings?: Record<string, string | number>
  comment?: string
}

export interface Column {
  name: string
  /** As ClickHouse itself prints it in `system.columns`, so that the diff compares like with like. */
  type: string
  default?: string
  codec?: string
  comment?: string
}

export interface View {
  kind: 'view'
  name: TableName
  /** The SELECT. */
  select: string
  comment?: string
}
