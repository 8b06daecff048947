import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { type Context, isSettingName } from '../engine/context.ts'
import { ClickHouseFailure } from '../engine/failure.ts'
import { type Coding, chooseCoding } from './encoding.ts'

/** A query over HTTP, its parameters told apart (docs: HTTP interface; ClickHouse's HTTPHandler.cpp). */
export interface QueryRequest {
  queryId: string
  /** The `query` parameter: the beginning of what the body goes on with, or all of it. */
  query: string
  /** For a result whose statement names no format. */
  format: string
  context: Context
  session: { id: string; timeout: number; check: boolean; close: boolean } | undefined
  /** Nothing is answered before the statement has ended. */
  wait: boolean
  /** Bytes that are held back before the answer starts, so that an early error still has a status of its own. */
  holdBack: number
  coding: Coding | undefined
  maxQuerySize: number
}

/** As ClickHouse's default_format and default buffer of a response. */
const defaultFormat = 'TabSeparated'
const defaultHoldBack = 1024 * 1024
const largestHoldBack = 64 * 1024 * 1024
const defaultMaxQuerySize = 262_144

// Told apart from settings, because they are the interface's own.
const ours = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'user',
  'password',
  'quota_key',
  'role',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'compress',
  'decompress',
  'wait_end_of_query',
  'buffer_size',
  'stacktrace',
  'client_protocol_version',
])

export function readRequest(request: IncomingMessage, params: URLSearchParams): QueryRequest {
  for (const name of ['compress', 'decompress']) {
    if (isOn(params.get(name))) {
      throw new ClickHouseFailure(
        48,
        'NOT_IMPLEMENTED',
        `The parameter '${name}' (ClickHouse's own block compression) is not served here: use Accept-Encoding and Content-Encoding.`,
      )
    }
  }
  const settings: [string, string][] = []
  const queryParams: [string, string][] = []
  for (const [name, value] of params) {
    if (name.startsWith('param_')) queryParams.push([name.slice('param_'.length), value])
    else if (!ours.has(name)) settings.push([name, value])
  }
  for (const [name] of settings) {
    if (!isSettingName(name)) throw new ClickHouseFailure(115, 'UNKNOWN_SETTING', `Unknown setting '${name}'.`)
  }
  for (const [name] of queryParams) {
    if (!isSettingName(name)) throw new ClickHouseFailure(36, 'BAD_ARGUMENTS', `Query parameter '${name}' is not a name.`)
  }
  const header = (name: string) => (typeof request.headers[name] === 'string' ? request.headers[name] : undefined)
  const setting = (name: string) => settings.findLast(([known]) => known === name)?.[1]
  const method = request.method ?? 'GET'
  const queryId = params.get('query_id') || randomUUID()
  // It comes back in a header.
  if (/[\p{Cc}]/u.test(queryId)) throw new ClickHouseFailure(36, 'BAD_ARGUMENTS', 'A query_id has no control characters.')
  return {
    queryId,
    query: params.getAll('query').join(''),
    format: params.get('default_format') || header('x-clickhouse-format') || defaultFormat,
    context: {
      database: params.get('database') || header('x-clickhouse-database'),
      settings,
      params: queryParams,
      roles: params.getAll('role'),
      readonly: method === 'GET' || method === 'HEAD',
    },
    session: sessionOf(params),
    wait: isOn(params.get('wait_end_of_query')) || isOn(setting('http_wait_end_of_query') ?? null),
    holdBack: Math.min(Number(params.get('buffer_size') ?? setting('http_response_buffer_size') ?? 0) || defaultHoldBack, largestHoldBack),
    coding: (setting('enable_http_compression') ?? '1') === '0' ? undefined : chooseCoding(header('accept-encoding')),
    maxQuerySize: Number(setting('max_query_size') ?? 0) || defaultMaxQuerySize,
  }
}

function sessionOf(params: URLSearchParams): QueryRequest['session'] {
  const id = params.get('session_id')
  if (!id) return undefined
  const given = params.get('session_timeout')
  if (given !== null && !/^\d+$/.test(given))
    throw new ClickHouseFailure(374, 'INVALID_SESSION_TIMEOUT', `Invalid session timeout: '${given}'`)
  const timeout = Number(given ?? 60)
  if (timeout > 3600)
    throw new ClickHouseFailure(374, 'INVALID_SESSION_TIMEOUT', `Session timeout '${timeout}' is larger than max_session_timeout: 3600.`)
  return { id, timeout, check: isOn(params.get('session_check')), close: isOn(params.get('close_session')) }
}

function isOn(value: string | null): boolean {
  return value === '1' || value === 'true'
}
