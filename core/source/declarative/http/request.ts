import { MillraceError } from '../../../lib/error.ts'
import type { Json, JsonObject } from '../../../lib/json.ts'
import { backoffDelay } from '../../../lib/retry.ts'
import type { Runtime } from '../../../lib/runtime.ts'
import { toJson } from '../expression/value.ts'
import type { Context, Interpolation } from '../interpolation.ts'
import type { RequesterComponent } from '../manifest/component.ts'
import { authenticate } from './authenticate.ts'
import { retryAfter, strategyDelay } from './backoff.ts'
import { parseJson } from './json.ts'
import { emptyParts, type RequestParts, setHeader } from './option.ts'
import { type Answer, resolveAnswer, type Resolution, retryOfFailure } from './resolve.ts'

/** How long one request may take, in milliseconds, before it counts as failed. */
const requestTimeout = 300_000
/** The longest wait that is honoured when an API asks for one, in seconds: an hour. */
const maxWait = 3600
const backoff = { attempts: 1, baseDelay: 1000, maxDelay: 60_000 }

/** The parts of a request that the HttpRequester itself defines. */
export function requesterParts(requester: RequesterComponent, context: Context, interpolation: Interpolation): RequestParts {
  const parts = emptyParts()
  const parameters = requester.$parameters
  const pairs = (mapping: string | JsonObject) => mappingPairs(mapping, parameters, context, interpolation)
  parts.query = pairs(requester.request_parameters)
  if (typeof requester.request_headers === 'string') {
    const headers = toJson(interpolation.value(requester.request_headers, parameters, context))
    for (const [name, value] of Object.entries(isObject(headers) ? headers : {})) setHeader(parts.headers, name, String(value))
  } else for (const [name, value] of pairs(requester.request_headers)) setHeader(parts.headers, name, value)
  const body = requester.request_body
  const json =
    requester.request_body_json ?? (body?.type === 'RequestBodyJsonObject' || body?.type === 'RequestBodyGraphQL' ? body.value : undefined)
  const data = requester.request_body_data ?? (body?.type === 'RequestBodyUrlEncodedForm' ? body.value : undefined)
  if (json !== undefined) parts.bodyJson = nested(json, parameters, context, interpolation)
  if (typeof data === 'string') parts.bodyText = interpolation.text(data, parameters, context)
  else if (data !== undefined) parts.bodyForm = pairs(data)
  if (body?.type === 'RequestBodyPlainText') parts.bodyText = interpolation.text(body.value, parameters, context)
  return parts
}

/** The address of a request; `page` replaces the path when the API gives the next page's address. */
export function requestUrl(
  requester: RequesterComponent,
  page: string | undefined,
  context: Context,
  interpolation: Interpolation,
): string {
  const text = (source: string | undefined) => interpolation.text(source ?? '', requester.$parameters, context).trim()
  const base = text(requester.url_base) || text(requester.url)
  const path = page ?? text(requester.path)
  const joined = joinUrl(base, path)
  const url = URL.canParse(joined) ? new URL(joined) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return joined
  throw new MillraceError({
    code: 'invalid-url',
    fault: 'config',
    message: `"${joined}" is not an address of http or https; the manifest makes it of "${requester.url_base ?? requester.url ?? ''}" and "${requester.path ?? ''}".`,
    mend: "Check the settings of the source's config that the address is made of.",
  })
}

/** Python's urljoin as the CDK uses it: an absolute path replaces the base, any other is appended. */
function joinUrl(base: string, path: string): string {
  if (path === '') return base
  if (/^https?:\/\//i.test(path)) return path
  return `${base.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`
}

/**
 * Sends a request and reads its answer as JSON, by the requester's error handler: retried where that
 * may help, undefined where the handler says to ignore the answer. Throws `source-auth` (config),
 * `source-unavailable` (transient, retries used up), `source-refused`, `source-answer` (not JSON).
 */
export async function send(
  requester: RequesterComponent,
  url: string,
  parts: RequestParts,
  interpolation: Interpolation,
  runtime: Runtime,
): Promise<(Answer & { json: Json }) | undefined> {
  if (requester.authenticator) authenticate(parts, requester.authenticator, interpolation)
  const target = withQuery(url, parts.query)
  for (let attempt = 1; ; attempt++) {
    runtime.signal.throwIfAborted()
    const outcome = await attemptOnce(requester, target, parts, interpolation, runtime)
    if ('accepted' in outcome) return outcome.accepted
    const { resolution, headers, code } = outcome
    if (resolution.action === 'ignore') return undefined
    if (resolution.action === 'fail' || attempt > resolution.maxRetries) throw failure(code, resolution, target, attempt)
    const asked = headers === undefined ? undefined : retryAfter(headers, runtime.clock.now())
    const planned = strategyDelay(resolution.strategies, headers, attempt, runtime.clock.now(), interpolation) ?? asked
    if (planned !== undefined && planned > maxWait) throw failure(code, resolution, target, attempt)
    const delay = planned === undefined ? backoffDelay(backoff, attempt, runtime.random) : planned * 1000
    runtime.log('warn', `${resolution.message}; trying again`, { address: withoutQuery(target), attempt, delay })
    await runtime.clock.sleep(delay, runtime.signal)
  }
}

type Outcome =
  | { accepted: (Answer & { json: Json }) | undefined }
  | { resolution: Omit<Resolution, 'action'> & { action: 'ignore' | 'retry' | 'fail' }; headers?: Headers; code: string }

async function attemptOnce(
  requester: RequesterComponent,
  target: string,
  parts: RequestParts,
  interpolation: Interpolation,
  runtime: Runtime,
): Promise<Outcome> {
  const retried = (message: string): Outcome => ({
    code: 'source-unavailable',
    resolution: { action: 'retry', fault: 'transient', message, ...retryOfFailure(requester, interpolation) },
  })
  let answer: Answer
  try {
    const response = await runtime.fetch(target, requestInit(requester, parts, runtime.signal))
    const text = await response.text()
    answer = { status: response.status, headers: response.headers, text, json: tryParse(text) }
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    return retried(`The API did not answer: ${reasonOf(thrown)}`)
  }
  const resolution = resolveAnswer(answer, requester, interpolation)
  if (resolution.action === 'accept') {
    if (answer.json !== undefined) return { accepted: { ...answer, json: answer.json } }
    // What should be JSON and is not is a page that was cut off or an intermediary's: it may be right the next time.
    const outcome = retried(`HTTP ${answer.status} with a body that is not JSON`)
    return { ...outcome, code: 'source-answer', headers: answer.headers } as Outcome
  }
  return {
    code: resolution.fault === 'config' ? 'source-auth' : resolution.action === 'retry' ? 'source-unavailable' : 'source-refused',
    resolution: { ...resolution, action: resolution.action },
    headers: answer.headers,
  }
}

function requestInit(requester: RequesterComponent, parts: RequestParts, signal: AbortSignal): RequestInit {
  const headers: Record<string, string> = { Accept: 'application/json', 'User-Agent': 'millrace' }
  let body: string | undefined
  if (parts.bodyJson !== undefined) {
    body = typeof parts.bodyJson === 'string' ? parts.bodyJson : JSON.stringify(parts.bodyJson)
    headers['Content-Type'] = 'application/json'
  } else if (parts.bodyForm !== undefined) {
    body = new URLSearchParams(parts.bodyForm).toString()
    headers['Content-Type'] = 'application/x-www-form-urlencoded'
  } else if (parts.bodyText !== undefined) body = parts.bodyText
  for (const [name, value] of Object.entries(parts.headers)) setHeader(headers, name, value)
  const init: RequestInit = {
    method: requester.http_method,
    headers,
    signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeout)]),
  }
  return body === undefined || requester.http_method === 'GET' || requester.http_method === 'HEAD' ? init : { ...init, body }
}

/** A body of nothing is an answer without records. */
function tryParse(text: string): Json | undefined {
  if (text.trim() === '') return {}
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function failure(code: string, resolution: Pick<Resolution, 'fault' | 'message'>, target: string, attempt: number): MillraceError {
  const tries = attempt > 1 ? ` (after ${attempt} tries)` : ''
  return new MillraceError({
    code,
    fault: resolution.fault,
    message: `${withoutQuery(target)}: ${resolution.message}${tries}`,
    mend:
      resolution.fault === 'config'
        ? "Check the credentials and their permissions in the source's config."
        : resolution.fault === 'transient'
          ? 'Run it again later.'
          : undefined,
  })
}

function mappingPairs(
  mapping: string | JsonObject,
  parameters: JsonObject,
  context: Context,
  interpolation: Interpolation,
): [string, string][] {
  if (typeof mapping === 'string') return [...new URLSearchParams(interpolation.text(mapping, parameters, context))]
  return Object.entries(mapping).flatMap(([key, source]): [string, string][] => {
    const name = interpolation.text(key, parameters, context)
    if (source === null) return []
    const value = typeof source === 'string' ? interpolation.parameter(source, parameters, context) : wire(source)
    if (value === undefined) return []
    return (Array.isArray(value) ? value : [value]).map((text): [string, string] => [name, text])
  })
}

function wire(value: Json): string | string[] {
  if (Array.isArray(value)) return value.flatMap(wire)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function nested(value: Json, parameters: JsonObject, context: Context, interpolation: Interpolation): Json {
  if (typeof value === 'string') return interpolation.json(value, parameters, context)
  if (Array.isArray(value)) return value.map((item) => nested(item, parameters, context, interpolation))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, item]): [string, Json] => [
    interpolation.text(key, parameters, context),
    nested(item, parameters, context, interpolation),
  ])
  return Object.fromEntries(entries.filter(([, item]) => item !== null))
}

/** Adds the query; a pair that the address already has (a next-page link has them all) is not sent twice. */
function withQuery(url: string, query: readonly [string, string][]): string {
  const target = new URL(url)
  const present = [...target.searchParams]
  for (const [name, value] of query) {
    if (!present.some(([key, existing]) => key === name && existing === value)) target.searchParams.append(name, value)
  }
  return target.href
}

/** For messages: a query may hold keys. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? `${thrown.message} (${thrown.cause.message})` : thrown.message
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}
