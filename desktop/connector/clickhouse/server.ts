import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { cancelled, MillraceError } from '#core/lib/error.ts'
import type { Json } from '#core/lib/json.ts'
import { parseExactJson } from '../exact-json.ts'

export interface Server {
  database: string
  /** The answer's rows in blocks as they come, each a list of values. Parameters stand in the SQL as `{name:Type}`. */
  query(sql: string, params?: Record<string, string>): AsyncGenerator<Json[][]>
  close(): Promise<void>
}

/** How long an answer may take in all, in milliseconds: as long as the warehouse needs to load it. */
const requestTimeout = 6 * 3_600_000

/** ClickHouse docs: Formats, "JSONEachRow"; Settings, "Format settings". */
const formatSettings = {
  // Integers of any length come as digits; what is beyond 2^53 is kept by our parser, within JSON columns too.
  output_format_json_quote_64bit_integers: 0,
  output_format_json_quote_decimals: 1,
  output_format_json_quote_denormals: 1,
  output_format_json_named_tuples_as_objects: 1,
  // In UTC whatever the zone of server and column.
  date_time_output_format: 'iso',
  cancel_http_readonly_queries_on_client_close: 1,
} as const

/** A server that is read from, through ClickHouse's own client. */
export function openServer(config: { url: string; database: string; user: string; password: string }, signal: AbortSignal): Server {
  const client = createClient({
    url: config.url,
    username: config.user,
    password: config.password,
    database: config.database,
    application: 'millrace',
    request_timeout: requestTimeout,
    clickhouse_settings: formatSettings,
    // Every failure is thrown to the caller; the client need not write it to stderr as well.
    log: { level: ClickHouseLogLevel.OFF },
  })
  return {
    database: config.database,
    async *query(sql, params) {
      try {
        const result = await client.query({
          query: sql,
          format: 'JSONCompactEachRow',
          abort_signal: signal,
          ...(params === undefined ? {} : { query_params: params }),
        })
        for await (const block of result.stream()) {
          if (block.length > 0) yield block.map((row) => parseExactJson(row.text) as Json[])
        }
      } catch (thrown) {
        throw serverError(thrown, config, signal)
      }
    },
    close: () => client.close(),
  }
}

// ClickHouse's ErrorCodes.cpp.
const authentication = new Set(['192', '193', '194', '516'])
const passing = new Set(['159', '202', '209', '210', '241', '252', '394'])
const unknownDatabase = '81'
const accessDenied = '497'
const readonly = '164'

function serverError(thrown: unknown, config: { url: string; database: string; user: string }, signal: AbortSignal): unknown {
  if (thrown instanceof MillraceError) return thrown
  if (signal.aborted) return cancelled('The read was cancelled.', thrown)
  if (!(thrown instanceof ClickHouseError)) {
    const reason = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
    return new MillraceError({
      code: 'database-unreachable',
      fault: 'transient',
      message: `${config.url} does not answer: ${reason}`,
      mend: 'Check url, and that the server is up.',
      cause: thrown,
    })
  }
  const failure = (code: string, message: string, mend: string) =>
    new MillraceError({ code, fault: 'config', message, mend, cause: thrown })
  if (authentication.has(thrown.code)) {
    return failure('database-auth', `${config.url} refuses the user ${config.user} or the password.`, 'Correct user and password.')
  }
  if (thrown.code === unknownDatabase) {
    return failure('no-such-database', `There is no database ${config.database} at ${config.url}.`, 'Correct database.')
  }
  if (thrown.code === accessDenied) {
    return failure('no-privilege', thrown.message, `Let an administrator run: GRANT SELECT ON ${config.database}.* TO ${config.user}.`)
  }
  if (thrown.code === readonly) {
    return failure('no-privilege', thrown.message, `The user needs readonly = 2 or 0: with 1 it may not say how answers are written.`)
  }
  return new MillraceError({
    code: 'database-error',
    fault: passing.has(thrown.code) ? 'transient' : 'system',
    message: thrown.message,
    cause: thrown,
  })
}
