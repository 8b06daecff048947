import { MillraceError } from '../lib/error.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { retry } from '../lib/retry.ts'
import type { Runtime } from '../lib/runtime.ts'
import { callError } from './http-failure.ts'
import { type Answer, exchange, under } from './json-request.ts'

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>

export interface ApiRequest {
  /** GET unless said. */
  method?: 'GET' | 'POST'
  /** Under the base address; or a whole address that the API gave, such as that of the next page. */
  path: string
  query?: Query
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: Json
  /** Statuses, beside those of success, whose answer is returned. */
  reads?: readonly number[]
  /** The answer is no JSON but text, whole if this says so: what was cut off is asked for again. */
  isWhole?(answer: Answer): boolean
}

export interface ApiAnswer {
  status: number
  headers: Headers
  text: string
  json: Json
}

/** What an API says is left of its rate limit, and when (milliseconds since the epoch) there will be more. */
export interface Budget {
  remaining: number
  resetAt: number
}

export interface ApiSettings {
  baseUrl: string
  headers: Record<string, string>
  /** Seconds to wait for an answer. */
  timeout: number
  /** New headers for credentials that have expired; called once for a request that was refused (401). */
  renew?(): Promise<Record<string, string>>
  /**
   * What this API means by an answer that is no success, where it is not what the status says to everybody.
   * What is transient and not retryable passes too late to be waited for.
   */
  judge?(answer: Answer, now: number): MillraceError | undefined
  /** What an answer tells of the rate limit. */
  budget?(headers: Headers, now: number): Budget | undefined
}

const policy = { attempts: 6, baseDelay: 1000, maxDelay: 60_000 }

/** The longest wait that is honoured when an API asks for one, in seconds: an hour, GitHub's window, is the longest of those known. */
const maxWait = 3600

/** The most redirects in a row (Fetch standard, "HTTP-redirect fetch", allows 20; an API needs one). */
const maxRedirects = 3

/**
 * Requests to one API: its answers as JSON, repeated where that may help, never faster than its rate limit
 * allows. Throws `source-auth` (config), `source-forbidden` (config: these credentials may not read this),
 * `source-refused` (config), `source-moved` (config), `source-throttled`, `source-unavailable`, `source-answer` (transient).
 */
export class ApiClient {
  private readonly settings: ApiSettings
  private readonly runtime: Runtime
  private headers: Record<string, string>
  private resumeAt = 0

  constructor(settings: ApiSettings, runtime: Runtime) {
    this.settings = settings
    this.headers = settings.headers
    this.runtime = runtime
  }

  get(path: string, query: Query = {}): Promise<ApiAnswer> {
    return this.send({ path, query })
  }

  post(path: string, body: Json): Promise<ApiAnswer> {
    return this.send({ method: 'POST', path, body })
  }

  async send(request: ApiRequest): Promise<ApiAnswer> {
    try {
      return await this.sendPatiently(request)
    } catch (thrown) {
      throw thrown instanceof MillraceError && isTooLong(thrown) ? passing(thrown) : thrown
    }
  }

  private sendPatiently(request: ApiRequest): Promise<ApiAnswer> {
    let url = this.address(request)
    let redirects = 0
    let isRenewed = false
    return retry(policy, this.runtime, async () => {
      for (;;) {
        await this.awaitBudget()
        const answer = await this.exchange(url, request)
        if (answer.status === 401 && this.settings.renew !== undefined && !isRenewed) {
          isRenewed = true
          this.headers = { ...this.headers, ...(await this.settings.renew()) }
          continue
        }
        const location = movedTo(answer, url)
        if (location === undefined || request.method === 'POST' || redirects >= maxRedirects) return this.settle(answer, url, request)
        url = this.sameOrigin(location)
        redirects++
      }
    })
  }

  private exchange(url: string, { method = 'GET', headers, body }: ApiRequest): Promise<Answer> {
    const { timeout } = this.settings
    const all = { accept: 'application/json', ...this.headers, ...headers }
    return exchange(
      { url, method, headers: all, timeout, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
      this.runtime,
      'source',
    )
  }

  private settle(answer: Answer, url: string, request: ApiRequest): ApiAnswer {
    const { status, headers, text, json } = answer
    const now = this.runtime.clock.now()
    const left = this.settings.budget?.(headers, now)
    if (left !== undefined && left.remaining <= 0) this.resumeAt = Math.min(left.resetAt, now + maxWait * 1000)
    if (request.reads?.includes(status) === true) return { status, headers, text, json: (json ?? null) as Json }
    const failure = answer.ok ? undefined : (this.settings.judge?.(answer, now) ?? apiFailure(answer))
    if (failure !== undefined) throw this.told(failure, url)
    const isWhole = request.isWhole === undefined ? json !== undefined : request.isWhole(answer)
    if (isWhole) return { status, headers, text, json: (json ?? null) as Json }
    throw this.told(
      new MillraceError({
        code: 'source-answer',
        fault: 'transient',
        message: `The answer (${status}) was cut off, or is not the API's.`,
      }),
      url,
    )
  }

  /** The failure with where it was, logged where the request will be repeated, final where the API asks for too long a wait. */
  private told(failure: MillraceError, url: string): MillraceError {
    const { origin, pathname } = new URL(url)
    const { code, fault, mend, retryAfter } = failure
    const retryable = failure.retryable && (retryAfter ?? 0) <= maxWait
    // Without its query, which may hold a secret of ours.
    const message = `${origin}${pathname}: ${failure.message}`
    if (retryable) this.runtime.log('warn', 'The API failed; it is asked again', { address: origin + pathname, code, retryAfter })
    return new MillraceError({ code, fault, retryable, message, mend, retryAfter, cause: failure.cause })
  }

  private async awaitBudget(): Promise<void> {
    const wait = this.resumeAt - this.runtime.clock.now()
    this.resumeAt = 0
    if (wait <= 0) return
    this.runtime.log('info', 'The rate limit is used up; waiting for more', { milliseconds: wait })
    await this.runtime.clock.sleep(wait, this.runtime.signal)
  }

  private address({ path, query = {} }: ApiRequest): string {
    const url = new URL(/^https?:\/\//.test(path) ? this.sameOrigin(path) : under(this.settings.baseUrl, path))
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue
      for (const each of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(each))
    }
    return url.href
  }

  /** The credentials go nowhere else than to the API that they are for. */
  private sameOrigin(url: string): string {
    const target = new URL(url)
    if (target.origin === new URL(this.settings.baseUrl).origin) return url
    throw new MillraceError({
      code: 'source-moved',
      fault: 'config',
      message: `The API sends us on to ${target.origin}.`,
      mend: 'If that is where the API is, set base_url to it.',
    })
  }
}

/** A failure that passes, but not soon enough to be waited for within a read. */
function isTooLong({ fault, retryable, code }: MillraceError): boolean {
  return fault === 'transient' && !retryable && code !== 'cancelled'
}

function passing({ code, fault, message, mend, retryAfter, cause }: MillraceError): MillraceError {
  return new MillraceError({ code, fault, message, mend, retryAfter, cause })
}

/** What a status that is no success says to everybody. */
function apiFailure(answer: Answer): MillraceError {
  const { status } = answer
  const said = saidBy(answer)
  if (status === 401) return refusedCredentials(`The API refused the credentials (401)${said}`)
  if (status === 403) return forbidden(`The API does not allow this (403)${said}`)
  const common = callError(answer, 'source')
  if (common === undefined) {
    return new MillraceError({ code: 'source-refused', fault: 'config', message: `The API refused the request (${status})${said}` })
  }
  const { code, fault, mend, retryAfter } = common
  return new MillraceError({ code, fault, message: `${common.message.replace(/\.$/, '')}${said}`, mend, retryAfter })
}

export function refusedCredentials(message: string): MillraceError {
  return new MillraceError({ code: 'source-auth', fault: 'config', message, mend: "Check the credentials in the source's config." })
}

export function forbidden(message: string): MillraceError {
  return new MillraceError({ code: 'source-forbidden', fault: 'config', message, mend: 'Give the credentials the permission to read it.' })
}

/** The API asks us to slow down. `retryAfter` in seconds. */
export function throttled(message: string, retryAfter: number | undefined): MillraceError {
  return new MillraceError({ code: 'source-throttled', fault: 'transient', message, retryAfter })
}

/** What was asked for, such as a place to go on from, is not there any more: the caller knows another way. */
export function gone(message: string): MillraceError {
  return new MillraceError({ code: 'source-gone', fault: 'system', message, mend: 'Reset the state of the stream.' })
}

/** The result, or undefined where the API says that what was asked for is gone. */
export async function unlessGone<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof MillraceError && thrown.code === 'source-gone') return undefined
    throw thrown
  }
}

/** `: ` and the API's own words, at the places where APIs put them; or a full stop. */
export function saidBy({ json }: Pick<Answer, 'json'>): string {
  const words = wordsIn(json)
  return words === undefined ? '.' : `: ${words.slice(0, 500)}`
}

function wordsIn(json: unknown): string | undefined {
  if (typeof json === 'string') return json.trim() || undefined
  if (json === null || typeof json !== 'object') return undefined
  if (Array.isArray(json)) return wordsIn(json[0])
  const { message, error, description, errors } = json as JsonObject
  return wordsIn(message) ?? wordsIn(description) ?? wordsIn(error) ?? wordsIn(errors)
}

function movedTo({ status, headers }: Answer, from: string): string | undefined {
  const location = headers.get('location')
  return [301, 302, 307, 308].includes(status) && location !== null && URL.canParse(location, from)
    ? new URL(location, from).href
    : undefined
}

/** The address of the next page: `Link: <…>; rel="next"` (RFC 8288). */
export function nextLink(headers: Headers): string | undefined {
  const links = (headers.get('link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)
  return [...links].find(([, , parameters]) => /;\s*rel="?(?:[^"]*\s)?next\b/.test(parameters!))?.[1]
}
