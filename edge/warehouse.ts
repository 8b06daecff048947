import { MillraceError } from '#core/lib/error.ts'
import type { InsertOptions, QueryOptions, TableName, Warehouse, WarehouseRow, WriteSummary } from '#core/warehouse/port.ts'
import { identifier, tableIdentifier } from '#core/warehouse/sql.ts'
import { isLoopback } from './loopback.ts'

export interface WarehouseAddress {
  url: string
  user: string
  password: string
}

export interface EdgeWarehouse extends Warehouse {
  /** Inserts lines of JSONEachRow as they are; gzipped, unless the warehouse is on this machine. */
  insertLines(table: TableName, lines: string, options: InsertOptions): Promise<void>
  /** Rows of a SELECT as lines of JSONEachRow, as they came. */
  selectLines(sql: string, options?: QueryOptions): Promise<string[]>
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * How long the warehouse may take to answer, in milliseconds: as long as ClickHouse's own send and receive timeouts. A batch
 * is repeated just as it was, so one that a slow warehouse needs minutes for would else never get through.
 */
const timeout = 300_000

/** The warehouse port over ClickHouse's HTTP interface, with nothing but fetch: small enough for a Worker. */
export function createEdgeWarehouse(address: WarehouseAddress, fetch: Fetch): EdgeWarehouse {
  const near = isLoopback(new URL(address.url).host)
  const statement = (sql: string, options?: QueryOptions) =>
    post(address, fetch, urlOf(address, options, { wait_end_of_query: 1 }), sql, options)
  async function insertLines(table: TableName, lines: string, options: InsertOptions): Promise<void> {
    const url = urlOf(address, options, { wait_end_of_query: 1, ...token(options) })
    url.searchParams.set('query', `INSERT INTO ${tableIdentifier(table)}${columns(options)} FORMAT JSONEachRow`)
    const response = near
      ? await post(address, fetch, url, lines, options)
      : await post(address, fetch, url, await gzip(lines), options, { 'content-encoding': 'gzip' })
    await response.body?.cancel()
  }
  async function selectLines(sql: string, options?: QueryOptions): Promise<string[]> {
    const response = await statement(`${sql}\nFORMAT JSONEachRow`, options)
    const text = await response.text()
    return text.split('\n').filter((line) => line !== '')
  }
  return {
    insertLines,
    selectLines,
    async *query<Row>(sql: string, options?: QueryOptions) {
      yield (await selectLines(sql, options)).map((line) => JSON.parse(line) as Row)
    },
    async command(sql, options) {
      const response = await statement(sql, options)
      await response.body?.cancel()
      return summaryOf(response)
    },
    async insert(table, blocks: AsyncIterable<readonly WarehouseRow[]>, options = {}) {
      let lines = ''
      let rowsWritten = 0
      for await (const rows of blocks) {
        for (const row of rows) lines += `${JSON.stringify(row)}\n`
        rowsWritten += rows.length
      }
      if (rowsWritten > 0) await insertLines(table, lines, options)
      return { rowsWritten, bytesWritten: lines.length }
    },
  }
}

function urlOf({ url }: WarehouseAddress, options: QueryOptions | undefined, extra: Record<string, string | number>): URL {
  const result = new URL(url)
  const settings = { output_format_json_quote_64bit_integers: 1, ...extra, ...options?.settings }
  for (const [name, value] of Object.entries(settings)) result.searchParams.set(name, String(value))
  for (const [name, value] of Object.entries(options?.params ?? {})) result.searchParams.set(`param_${name}`, parameter(value))
  if (options?.queryId !== undefined) result.searchParams.set('query_id', options.queryId)
  return result
}

function token(options: InsertOptions): Record<string, string> {
  return options.deduplicationToken === undefined ? {} : { insert_deduplication_token: options.deduplicationToken }
}

function columns(options: InsertOptions): string {
  return options.columns === undefined ? '' : ` (${options.columns.map(identifier).join(', ')})`
}

/** A value as ClickHouse reads it in `param_…`: its escaped text form, and lists of quoted strings (docs: HTTP interface, "Queries with parameters"). */
function parameter(value: unknown): string {
  if (Array.isArray(value))
    return `[${value.map((item) => (typeof item === 'string' ? `'${escaped(item).replaceAll("'", "\\'")}'` : String(item))).join(',')}]`
  return escaped(String(value))
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n')
}

async function post(
  address: WarehouseAddress,
  fetch: Fetch,
  url: URL,
  body: string | Uint8Array<ArrayBuffer>,
  options: QueryOptions | undefined,
  headers: Record<string, string> = {},
): Promise<Response> {
  const limit = AbortSignal.timeout(timeout)
  let response: Response
  try {
    response = await fetch(url.href, {
      method: 'POST',
      body,
      headers: { 'x-clickhouse-user': address.user, 'x-clickhouse-key': address.password, ...headers },
      signal: options?.signal === undefined ? limit : AbortSignal.any([limit, options.signal]),
    })
  } catch (cause) {
    throw unreachable(cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (response.ok && response.headers.get('x-clickhouse-exception-code') === null) return response
  throw refusal(response, await response.text().catch(() => ''))
}

// ClickHouse's ErrorCodes.cpp: UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, AUTHENTICATION_FAILED.
const authentication = new Set(['192', '193', '194', '516'])

function refusal(response: Response, text: string): MillraceError {
  const code = response.headers.get('x-clickhouse-exception-code') ?? /^Code: (\d+)\./.exec(text)?.[1]
  const message = text.trim().slice(0, 2000)
  if (response.status === 401 || (code !== undefined && authentication.has(code))) {
    return new MillraceError({
      code: 'warehouse-auth',
      fault: 'config',
      message: `The warehouse refused the user or its password: ${message}`,
      mend: 'Check WAREHOUSE_USER and WAREHOUSE_PASSWORD.',
    })
  }
  // A proxy in between answers without ClickHouse's code: nothing is known of the statement.
  if (code === undefined) return unreachable(`it answered ${response.status} ${message.slice(0, 200)}`, undefined)
  return new MillraceError({ code: 'warehouse-error', fault: 'system', message, cause: { code } })
}

function unreachable(message: string, cause: unknown): MillraceError {
  return new MillraceError({
    code: 'warehouse-unreachable',
    fault: 'transient',
    message: `The warehouse does not answer: ${message}`,
    cause,
  })
}

function summaryOf(response: Response): WriteSummary {
  const summary = JSON.parse(response.headers.get('x-clickhouse-summary') ?? '{}') as { written_rows?: string; written_bytes?: string }
  return { rowsWritten: Number(summary.written_rows ?? 0), bytesWritten: Number(summary.written_bytes ?? 0) }
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Response(text).body!.pipeThrough(new CompressionStream('gzip'))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}
