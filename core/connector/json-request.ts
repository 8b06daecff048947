import { MillraceError } from '../lib/error.ts'
import type { Runtime } from '../lib/runtime.ts'
import { callError, connectionError, type Side } from './http-failure.ts'
import type { Reply } from './pieces.ts'

export interface JsonRequest {
  url: string
  /** POST unless said. */
  method?: string
  headers?: Record<string, string>
  /** JSON, unless `headers` say otherwise. Absent: no body. */
  body?: string
  /** Statuses whose answer tells more than that the whole call failed: it is returned, with `failure`. */
  reads?: readonly number[]
  /** Seconds to wait for the whole answer. */
  timeout: number
}

export interface Answer {
  ok: boolean
  status: number
  headers: Headers
  text: string
  /** `undefined` when the text is no JSON. */
  json: unknown
  /** What would have been thrown. */
  failure?: MillraceError
}

/** One request. Throws where the whole call failed (`callError`, `connectionError`); a 2xx, and a 4xx that is about what was sent, is returned. */
export async function sendJson(request: JsonRequest, runtime: Runtime): Promise<Answer> {
  const answer = await exchange(request, runtime, 'destination')
  const error = callError(answer)
  if (error === undefined) return answer
  if (request.reads?.includes(answer.status) !== true) throw error
  return { ...answer, failure: error }
}

/** One request and its answer, whatever its status. Throws where none came. */
export async function exchange(request: JsonRequest, runtime: Runtime, side: Side): Promise<Answer> {
  const { url, method = 'POST', body } = request
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    'user-agent': 'millrace',
    ...request.headers,
  }
  const signal = AbortSignal.any([runtime.signal, AbortSignal.timeout(request.timeout * 1000)])
  try {
    const response = await runtime.fetch(url, { method, headers, signal, redirect: 'manual', ...(body === undefined ? {} : { body }) })
    const text = await response.text()
    return { ok: response.ok, status: response.status, headers: response.headers, text, json: parseJson(text) }
  } catch (thrown) {
    throw connectionError(thrown, runtime.signal, side)
  }
}

/** A path under a base address, whether or not that ends in a slash. */
export function under(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path
}

/** `Authorization` of HTTP Basic (RFC 7617). */
export function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

/** A 2xx or 4xx that does not speak the tool's language: a proxy or another server answers in its place, and nothing is known of what was sent. */
export function unexpectedAnswer({ status }: Answer): MillraceError {
  return new MillraceError({
    code: 'destination-unexpected',
    fault: 'transient',
    message: `The answer is not the tool's (${status}).`,
    mend: 'Check the url of the destination.',
  })
}

/** Statuses that are about what was sent (RFC 9110, 15.5): the others are about the address or us. */
const aboutContents = new Set([400, 409, 413, 422])

/** A 4xx, as a {@link Reply}: what was sent was refused. Throws where the status says that something else is wrong, such as a url where the tool is not. */
export function refusal(what: 'row' | 'event', answer: Answer, said?: string): { refused: MillraceError } {
  if (aboutContents.has(answer.status)) return { refused: rejection(what, answer, said) }
  throw new MillraceError({
    code: 'destination-refused',
    fault: 'config',
    message: `The tool answered ${answer.status}.`,
    mend: 'Check the url of the destination.',
  })
}

/** What most tools mean: a 2xx has taken everything. A page of HTML is no tool's. */
export function wholeReply(what: 'row' | 'event', answer: Answer, count: number): Reply {
  if (!answer.ok) return refusal(what, answer)
  if (answer.text.trimStart().startsWith('<')) throw unexpectedAnswer(answer)
  return Array.from({ length: count }, () => ({ status: 'accepted' }))
}

/** Credentials that the tool refuses by other means than a 401. */
export function refusedCredentials({ status }: Answer): MillraceError {
  return new MillraceError({
    code: 'destination-auth',
    fault: 'config',
    message: `The tool refused the credentials (${status}).`,
    mend: 'Check the keys of the destination.',
  })
}

/** What the tool has against a row or event: its own words (`said`), or else its answer's text, shortened. */
export function rejection(what: 'row' | 'event', { ok, status, text }: Answer, said?: string): MillraceError {
  const words = (said ?? text).trim().slice(0, 500)
  const message = words === '' ? `The tool refused the ${what} (${status}).` : ok ? words : `${words} (${status})`
  return new MillraceError({ code: `${what}-rejected`, fault: 'config', message })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
