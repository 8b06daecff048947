import type { Json } from '../lib/json.ts'

/**
 * The port to ClickHouse: all the platform asks of a warehouse. Adapters live where their runtime
 * lives (`desktop/host/clickhouse.ts` over `@clickhouse/client`) and pass `test/conformance/warehouse.ts`.
 *
 * Every method throws a MillraceError: `warehouse-unreachable` (transient), `warehouse-auth` (config),
 * `warehouse-error` (ClickHouse refused; the message is ClickHouse's own text, `cause.code` its number),
 * `cancelled` once the signal aborts. Nothing is retried here: the caller knows what may be repeated.
 */
export interface Warehouse {
  /** Rows of a SELECT, in blocks, as the engine makes them (JSONEachRow values). 64-bit integers arrive as strings. */
  query<Row = WarehouseRow>(sql: string, options?: QueryOptions): AsyncIterable<Row[]>
  /** DDL, INSERT … SELECT, SYSTEM: resolves when the server has finished. */
  command(sql: string, options?: QueryOptions): Promise<WriteSummary>
  /** Streams rows into a table; resolves once the server has acknowledged all of them. */
  insert(table: TableName, rows: AsyncIterable<readonly WarehouseRow[]>, options?: InsertOptions): Promise<WriteSummary>
}

export type WarehouseRow = Record<string, Json | undefined>

/** A table or view, unquoted; `sql.ts` quotes. */
export interface TableName {
  database: string
  table: string
}

export interface QueryOptions {
  /** Bound by the server: `{name:Type}` in the SQL. */
  params?: Record<string, unknown>
  settings?: Record<string, string | number | boolean>
  /** Shows in `system.query_log` and `KILL QUERY`. */
  queryId?: string
  signal?: AbortSignal
}

export interface InsertOptions extends QueryOptions {
  columns?: readonly string[]
  /** `insert_deduplication_token`: a repeated insert with the same token is a no-op. */
  deduplicationToken?: string
}

export interface WriteSummary {
  rowsWritten: number
  bytesWritten: number
}

/** All rows of a small SELECT. */
export async function queryRows<Row = WarehouseRow>(warehouse: Warehouse, sql: string, options?: QueryOptions): Promise<Row[]> {
  const rows: Row[] = []
  for await (const block of warehouse.query<Row>(sql, options)) rows.push(...block)
  return rows
}
