import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { MethodOutput } from '#core/host/contract.ts'
import { MillraceError } from '#core/lib/error.ts'
import { type ClickHouseWarehouse, parseException, warehouseError } from './clickhouse.ts'

export interface SqlRequest {
  sql: string
  queryId: string
  /** Rows to return at most. */
  limit: number
  signal: AbortSignal
}

const format = 'JSONCompactEachRowWithNamesAndTypes'
/** A result larger than this is cut, whatever the limit of rows: it has to fit a window, and memory twice. */
const maxBytes = 64 * 1024 * 1024

const summarySchema = z.object({ read_rows: z.coerce.number().default(0), read_bytes: z.coerce.number().default(0) })

/**
 * Runs any statement as a person typed it. The server is told the limit (settings `limit` and, for what
 * that does not reach, the end of reading here), and to answer once it is done, so that an error is an error
 * and the statistics are whole. A statement with a FORMAT of its own comes back as its lines of text.
 */
export async function runSql(warehouse: ClickHouseWarehouse, request: SqlRequest): Promise<MethodOutput<'sql.run'>> {
  const stop = new AbortController()
  const started = performance.now()
  try {
    const { stream, response_headers, summary } = await warehouse.client.exec({
      query: request.sql,
      ignore_error_response: true,
      query_id: request.queryId,
      abort_signal: AbortSignal.any([request.signal, stop.signal]),
      clickhouse_settings: {
        // Read from the address by ClickHouse's HTTP interface, as settings are (docs: HTTP interface, "default_format").
        ...({ default_format: format } as object),
        wait_end_of_query: 1,
        limit: String(request.limit + 1),
        max_result_bytes: String(maxBytes),
        result_overflow_mode: 'break',
        output_format_json_quote_64bit_integers: 1,
        output_format_json_quote_denormals: 1,
      },
    })
    if (response_headers['x-clickhouse-exception-code'] !== undefined) throw parseException(await text(stream))
    const reader = createInterface({ input: stream, crlfDelay: Infinity })
    // Both say so with an error when they are cut short, which would end the process if nobody heard it.
    for (const part of [stream, reader]) part.on('error', () => {})
    const ours = (response_headers['x-clickhouse-format'] ?? format) === format
    const lines: string[] = []
    let bytes = 0
    let cut = false
    const wanted = request.limit + 1 + (ours ? 2 : 0)
    for await (const line of reader) {
      if (bytes > maxBytes || lines.length >= wanted) {
        cut = true
        break
      }
      bytes += line.length
      lines.push(line)
    }
    if (cut) stop.abort()
    const { columns, rows } = ours ? parse(lines) : { columns: [{ name: 'output', type: 'String' }], rows: lines.map((line) => [line]) }
    const { read_rows, read_bytes } = summarySchema.parse(summary ?? {})
    return {
      columns,
      rows: rows.slice(0, request.limit),
      truncated: cut || rows.length > request.limit,
      elapsed: performance.now() - started,
      rowsRead: read_rows,
      bytesRead: read_bytes,
    }
  } catch (thrown) {
    throw readable(warehouseError(thrown, request.signal))
  }
}

/** Names, types, then rows. A statement that returns nothing has no lines at all. */
function parse(lines: readonly string[]): { columns: { name: string; type: string }[]; rows: unknown[][] } {
  const [names = [], types = [], ...rows] = lines.map((line) => JSON.parse(line) as unknown[])
  return { columns: names.map((name, index) => ({ name: String(name), type: String(types[index]) })), rows }
}

/** ClickHouse names every keyword it would have taken, hundreds of them; and says where in words. */
function readable(error: MillraceError): MillraceError {
  const position = /\(line (\d+), col (\d+)\)/.exec(error.message)
  const [said, expected] = error.message.split(/ Expected one of: /)
  if (position === null && expected === undefined) return error
  const few = expected?.split(', ').slice(0, 8).join(', ')
  return new MillraceError({
    ...error.toJSON(),
    message: few === undefined ? said! : `${said} Expected one of: ${few}${few.length < expected!.length ? ', …' : ''}`,
    ...(position === null ? {} : { at: { line: Number(position[1]), column: Number(position[2]) } }),
    cause: error.cause,
  })
}
