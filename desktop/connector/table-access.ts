import type { Stream } from '#core/connector/source.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'

/** A table or view of a database, as a stream and as what it takes to read it in parts. */
export interface SourceTable {
  stream: Stream
  /**
   * Columns whose values tell a row from every other and never are NULL, in an order that an index has: a
   * read can break off after any row and go on there. Empty: the table can only be read in one go.
   */
  order: readonly string[]
  /** No two rows have the same cursor, so that an incremental read need not look at the last value again. */
  isCursorUnique: boolean
}

/** Which rows of a table, and in which order. Columns are named as the database has them. */
export interface Selection {
  /** Empty: as they come. */
  order: readonly string[]
  /** Only rows behind this one: its values of `order`, as a row's `position` told them. */
  after?: readonly Json[] | undefined
  /** Only rows whose cursor is in here: `from` included, `to` not. */
  cursor?: { column: string; from?: Json | undefined; to?: Json | undefined } | undefined
  /** Only rows where this column is NULL. */
  isNull?: string | undefined
  limit?: number | undefined
}

export interface SourceRow {
  record: JsonObject
  /** Its values of the selection's `order`, exact, as the same database takes them back. */
  position: Json[]
}

/** What a database offers to be read table by table; `read-tables.ts` does the rest. */
export interface TableAccess<Table extends SourceTable = SourceTable> {
  tables: readonly Table[]
  /** A long answer costs the database no more than many short ones: pages need not be asked for one by one. */
  isStreaming: boolean
  /** Rows in blocks of bounded size, none empty. Throws MillraceErrors. */
  rows(table: Table, selection: Selection): AsyncIterable<SourceRow[]>
}
