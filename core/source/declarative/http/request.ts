import { MillraceError } from '../../../lib/error.ts'
import { backoffDelay } from '../../../lib/retry.ts'
import { type BodyDecoder, formatName, isWhole, readAnswer } from '../decode/answer.ts'
import type { RequesterComponent } from '../manifest/requester.ts'
import { authenticate, type Signed } from './auth/authenticate.ts'
import { retryAfter, strategyDelay } from './backoff.ts'
import type { Accepted, Answer } from './answer.ts'
import type { Http } from './http.ts'
import { type RequestParts, setHeader } from './option.ts'
import { PaginationReset } from './reset.ts'
import { resolveAnswer, type Resolution, retryOfFailure } from './resolve.ts'
import { withoutQuery, withQuery } from './url.ts'

/** How long one request may take, in milliseconds, before it counts as failed. */
const requestTimeout = 300_000
/** The longest wait that is honoured when an API asks for one, in seconds: an hour. */
const maxWait = 3600
/** How often one request is repeated with another token. */
const maxRenewals = 3
const backoff = { attempts: 1, baseDelay: 1000, maxDelay: 60_000 }

/**
 * Sends a request with credentials and reads its answer with the decoder, by the requester's error handler:
 * retried where that may help, undefined where the handler says to ignore the answer. A token that the
 * API says has expired (401) is renewed, and the request repeated. Throws `source-auth` (config),
 * `source-unavailable` (transient, retries used up), `source-refused`, `source-answer` (not of the decoder's format), what
 * obtaining a token throws, and {@link PaginationReset} where the handler asks for that.
 */
export async function send(
  requester: RequesterComponent,
  url: string,
  parts: RequestParts,
  http: Http,
  decoder: BodyDecoder = { type: 'JsonDecoder' },
): Promise<Accepted | undefined> {
  // What is read as a stream can be read once.
  const key = requester.use_cache && isWhole(decoder) ? JSON.stringify([requester.http_method, url, parts, decoder]) : undefined
  const cached = key === undefined ? undefined : http.cache.get(key)
  if (cached !== undefined) return cached
  const accepted = await sendPatiently(requester, url, parts, http, decoder)
  if (key !== undefined && accepted !== undefined) http.cache.set(key, accepted)
  return accepted
}

async function sendPatiently(
  requester: RequesterComponent,
  url: string,
  parts: RequestParts,
  http: Http,
  decoder: BodyDecoder,
): Promise<Accepted | undefined> {
  const { runtime } = http
  let renewals = 0
  for (let attempt = 1; ;) {
    runtime.signal.throwIfAborted()
    await http.budget?.admit(requester.http_method, withQuery(url, parts.query), parts.headers)
    const signed = await authenticate(parts, requester, http, send)
    const target = withQuery(url, signed.parts.query)
    const outcome = await attemptOnce(requester, target, signed, http, decoder)
    if ('accepted' in outcome) return outcome.accepted
    const { resolution, headers, code, status } = outcome
    const isOver = isExpired(signed, status) || (resolution.action === 'renew' && drop(signed) && renewals === 0)
    if (isOver && renewals++ < maxRenewals) {
      runtime.log('info', 'The API no longer takes the token: it is renewed.', { address: withoutQuery(target) })
      attempt = 1
      continue
    }
    if (resolution.action === 'ignore') return undefined
    if (resolution.action === 'reset') throw new PaginationReset(resolution.message)
    if (resolution.action === 'fail' || attempt > resolution.maxRetries) throw failure(code, resolution, target, attempt, signed)
    const now = runtime.clock.now()
    const planned = strategyDelay(resolution.strategies, { headers, attempt, now, random: runtime.random }, http)
    const seconds = planned?.seconds ?? (headers && retryAfter(headers, now))
    if (planned?.isTooLong || (seconds !== undefined && seconds > maxWait)) throw failure(code, resolution, target, attempt, signed)
    const delay = seconds === undefined ? backoffDelay(backoff, attempt, runtime.random) : seconds * 1000
    runtime.log('warn', `${resolution.message}; trying again`, { address: withoutQuery(target), attempt, delay })
    await runtime.clock.sleep(delay, runtime.signal)
    attempt++
  }
}

/** Tells a token that has come to its end from credentials that are wrong, and says so to the token. */
function isExpired({ token }: Signed, status: number | undefined): boolean {
  if (token === undefined || status === undefined) return false
  if (status === 401) return token.renewable.refused(token.used)
  token.renewable.accepted(token.used)
  return false
}

function drop({ token }: Signed): boolean {
  token?.renewable.drop(token.used)
  return token !== undefined
}

type Outcome = { accepted: Accepted } | { resolution: Resolution; headers?: Headers; code: string; status?: number }

async function attemptOnce(
  requester: RequesterComponent,
  target: string,
  signed: Signed,
  { interpolation, runtime }: Http,
  decoder: BodyDecoder,
): Promise<Outcome> {
  const retried = (message: string): Resolution => ({
    action: 'retry',
    fault: 'transient',
    message,
    ...retryOfFailure(requester, interpolation),
  })
  let answer: Answer
  // Until the answer can be used: a body that is read as a stream may take longer than that.
  const deadline = new AbortController()
  const init = requestInit(requester, signed.parts, AbortSignal.any([runtime.signal, deadline.signal]))
  const timer = setTimeout(() => deadline.abort(new Error('it took too long')), requestTimeout)
  try {
    const response = await runtime.fetch(target, init)
    answer = await readAnswer(response, decoder)
  } catch (thrown) {
    runtime.signal.throwIfAborted()
    return { code: 'source-unavailable', resolution: retried(`The API did not answer: ${reasonOf(thrown)}`) }
  } finally {
    clearTimeout(timer)
  }
  const { status, headers } = answer
  const resolution = resolveAnswer(answer, requester, interpolation)
  if (resolution.action === 'accept') {
    if (status !== 401) signed.token?.renewable.accepted(signed.token.used)
    if (answer.json !== undefined) return { accepted: { ...answer, json: answer.json } }
    // What should be JSON and is not is a page that was cut off or an intermediary's: it may be right the next time.
    return { code: 'source-answer', resolution: retried(`HTTP ${status} with a body that is not ${formatName(decoder)}`), headers, status }
  }
  const code = resolution.fault === 'config' ? 'source-auth' : resolution.action === 'retry' ? 'source-unavailable' : 'source-refused'
  return { code, resolution, headers, status }
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
    signal,
  }
  if (body === undefined || body === '') return init
  if (requester.http_method !== 'GET' && requester.http_method !== 'HEAD') return { ...init, body }
  throw new MillraceError({
    code: 'manifest-unsupported',
    fault: 'config',
    message: `The manifest puts a body into a ${requester.http_method} request, and the Fetch standard allows none there.`,
    mend: 'Set http_method to POST if the API takes that, or put the values into request_parameters.',
  })
}

function failure(code: string, resolution: Resolution, target: string, attempt: number, { token }: Signed): MillraceError {
  const tries = attempt > 1 ? ` (after ${attempt} tries)` : ''
  return new MillraceError({
    code,
    fault: resolution.fault,
    // The host knows the secrets of the settings; of a token that was had on the way, nobody else knows.
    message: `${withoutQuery(target)}: ${token === undefined ? resolution.message : resolution.message.replaceAll(token.used.value, '•••')}${tries}`,
    mend:
      resolution.fault === 'config'
        ? "Check the credentials and their permissions in the source's config."
        : resolution.fault === 'transient'
          ? 'Run it again later.'
          : undefined,
  })
}

function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? `${thrown.message} (${thrown.cause.message})` : thrown.message
}
