import { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { cancelled, MillraceError } from '#core/lib/error.ts'
import type { InsertOptions, QueryOptions, TableName, Warehouse, WarehouseRow, WriteSummary } from '#core/warehouse/port.ts'
import { identifier, tableIdentifier } from '#core/warehouse/sql.ts'

export interface ClickHouseAddress {
  url: string
  user: string
  password: string
}

export interface ClickHouseWarehouse extends Warehouse {
  /** The client itself, for what the port does not ask of a warehouse: the SQL screen's formats and statistics. */
  client: ClickHouseClient
  close(): Promise<void>
}

/** How long a statement may run before the connection is given up, in milliseconds. */
const requestTimeout = 6 * 3_600_000

/** Rows of an insert that are made bytes at a time, so that a block is never held a second time as text. */
const encodedRows = 500

const settings = {
  // The port's contract: 64-bit integers as strings, whatever the server's default is.
  output_format_json_quote_64bit_integers: 1,
  date_time_input_format: 'best_effort',
} as const

/** The warehouse port over ClickHouse's HTTP interface, with ClickHouse's own client. */
export function createClickHouse(address: ClickHouseAddress): ClickHouseWarehouse {
  const client = createClient({
    url: address.url,
    username: address.user,
    password: address.password,
    application: 'millrace',
    request_timeout: requestTimeout,
    max_open_connections: 64,
    clickhouse_settings: settings,
    // Every failure is thrown to the caller; the client need not write it to stderr as well.
    log: { level: ClickHouseLogLevel.OFF },
  })
  return {
    client,
    query: (sql, options) => query(client, sql, options),
    command: (sql, options) => command(client, sql, options),
    insert: (table, rows, options) => insert(client, table, rows, options),
    close: () => client.close(),
  }
}

async function* query<Row>(client: ClickHouseClient, sql: string, options?: QueryOptions): AsyncGenerator<Row[]> {
  try {
    const result = await client.query({ query: sql, format: 'JSONEachRow', ...clientOptions(options) })
    for await (const block of result.stream()) yield block.map((row) => row.json<Row>())
  } catch (thrown) {
    throw warehouseError(thrown, options?.signal)
  }
}

async function command(client: ClickHouseClient, sql: string, options?: QueryOptions): Promise<WriteSummary> {
  try {
    const { summary } = await client.command({ query: sql, ...clientOptions(options, { wait_end_of_query: 1 }) })
    return writeSummary(summary)
  } catch (thrown) {
    throw warehouseError(thrown, options?.signal)
  }
}

async function insert(
  client: ClickHouseClient,
  table: TableName,
  rows: AsyncIterable<readonly WarehouseRow[]>,
  options?: InsertOptions,
): Promise<WriteSummary> {
  const columns = options?.columns ? ` (${options.columns.map(identifier).join(', ')})` : ''
  // An error of the rows' own (a source that failed) must come out as it is, not as a broken connection.
  let failure: unknown
  async function* lines() {
    try {
      for await (const block of rows) {
        for (let start = 0; start < block.length; start += encodedRows) yield encode(block.slice(start, start + encodedRows))
      }
    } catch (thrown) {
      failure = thrown
      throw thrown
    }
  }
  const token = options?.deduplicationToken
  try {
    const { stream, summary } = await client.exec({
      query: `INSERT INTO ${tableIdentifier(table)}${columns} FORMAT JSONEachRow`,
      values: Readable.from(lines(), { objectMode: false }),
      ...clientOptions(options, { wait_end_of_query: 1, ...(token === undefined ? {} : { insert_deduplication_token: token }) }),
    })
    for await (const _chunk of stream) {
      // An INSERT answers with nothing; reading to the end frees the connection.
    }
    return writeSummary(summary)
  } catch (thrown) {
    throw failure ?? warehouseError(thrown, options?.signal)
  }
}

function encode(rows: readonly WarehouseRow[]): Buffer {
  return Buffer.from(rows.map((row) => JSON.stringify(row) + '\n').join(''))
}

function clientOptions(options: QueryOptions | undefined, extra: Record<string, string | number> = {}) {
  return {
    ...(options?.params === undefined ? {} : { query_params: options.params }),
    ...(options?.queryId === undefined ? {} : { query_id: options.queryId }),
    ...(options?.signal === undefined ? {} : { abort_signal: options.signal }),
    clickhouse_settings: { ...extra, ...options?.settings },
  }
}

function writeSummary(summary: { written_rows?: string; written_bytes?: string } | undefined): WriteSummary {
  return { rowsWritten: Number(summary?.written_rows ?? 0), bytesWritten: Number(summary?.written_bytes ?? 0) }
}

// ClickHouse's ErrorCodes.cpp: UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED.
const authenticationCodes = new Set(['192', '193', '194', '516'])
// TOO_MANY_SIMULTANEOUS_QUERIES, TIMEOUT_EXCEEDED, MEMORY_LIMIT_EXCEEDED, TOO_MANY_PARTS: the same statement may pass later.
const passingCodes = new Set(['159', '202', '241', '252'])

/**
 * ClickHouse's answer to a statement it refuses, `Code: 62. DB::Exception: … (SYNTAX_ERROR) (version …)`. The client's
 * own reading ends at the first word in capitals and parentheses, which may be the user's: `SELEC 1`.
 */
export function parseException(answer: string): ClickHouseError {
  const [, code = '0', message = answer, type = ''] =
    /^Code: (\d+)\. DB::Exception: (.*) \(([A-Z0-9_]+)\)(?: \(version [^)]*\))?\s*$/s.exec(answer) ?? []
  return new ClickHouseError({ message, code, type })
}

/** What @clickhouse/client threw, as the error the port promises. */
export function warehouseError(thrown: unknown, signal?: AbortSignal): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  if (signal?.aborted) return cancelled('The statement was cancelled.', thrown)
  if (thrown instanceof ClickHouseError) {
    if (authenticationCodes.has(thrown.code)) {
      return new MillraceError({
        code: 'warehouse-auth',
        fault: 'config',
        message: `The warehouse refused the user or its password: ${thrown.message}`,
        mend: 'Check warehouse.user and warehouse.password in millrace.yaml.',
        cause: thrown,
      })
    }
    const transient = passingCodes.has(thrown.code)
    return new MillraceError({ code: 'warehouse-error', fault: transient ? 'transient' : 'config', message: thrown.message, cause: thrown })
  }
  const message = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  return new MillraceError({
    code: 'warehouse-unreachable',
    fault: 'transient',
    message: `The warehouse does not answer: ${message}`,
    mend: 'Check that it runs, and warehouse.url in millrace.yaml.',
    cause: thrown,
  })
}
