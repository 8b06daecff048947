import { cancelled, MillraceError } from '../lib/error.ts'

/** Which end of Millrace speaks with the tool: the codes begin with it, and the mends name it. */
export type Side = 'destination' | 'source'

/** Statuses after which the same request may pass: timeout, too early, too many (RFC 9110, RFC 8470, RFC 6585); and every 5xx. */
const passing = new Set([408, 425, 429])

/**
 * What a status says of the whole call rather than of its rows: refused credentials or a redirect
 * (config; so requests are to be made with `redirect: 'manual'`), a tool that is busy or broken (transient, with its Retry-After). `undefined` for a 2xx, and for a 4xx about the rows.
 */
export function callError(response: Pick<Response, 'status' | 'headers'>, side: Side = 'destination'): MillraceError | undefined {
  const { status } = response
  if (status === 401 || status === 403) {
    return new MillraceError({
      code: `${side}-auth`,
      fault: 'config',
      message: `The tool refused the credentials (${status}).`,
      mend: `Check headers and secrets of the ${side}.`,
    })
  }
  // A redirect followed would turn a POST into a GET without its rows (Fetch standard, "HTTP-redirect fetch"), and take the secrets along.
  if (status >= 300 && status < 400) {
    const location = response.headers.get('location')
    return new MillraceError({
      code: `${side}-moved`,
      fault: 'config',
      // Without its query, which may repeat a secret of ours.
      message: `The tool redirects (${status})${location === null ? '' : ` to ${location.split('?')[0]}`}.`,
      mend: `Set the url of the ${side} to the address that the tool is at.`,
    })
  }
  if (status < 500 && !passing.has(status)) return undefined
  return new MillraceError({
    code: `${side}-${status === 429 ? 'throttled' : 'unavailable'}`,
    fault: 'transient',
    message: `The tool answered ${status}.`,
    retryAfter: retryAfter(response.headers.get('retry-after'), response.headers.get('date')),
  })
}

/** Seconds: a number of them, or a date, by the tool's own clock where it tells it (RFC 9110, 10.2.3). */
export function retryAfter(value: string | null, date: string | null): number | undefined {
  if (value === null) return undefined
  if (/^\d+$/.test(value.trim())) return Number(value)
  const seconds = (Date.parse(value) - Date.parse(date ?? '')) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}

/**
 * What `fetch` threw, as an error: `cancelled`, `destination-unreachable` where no connection came
 * about, so that nothing was taken, `destination-unanswered` where the request may have arrived.
 */
export function connectionError(thrown: unknown, signal: AbortSignal, side: Side = 'destination'): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  if (signal.aborted) {
    return cancelled('The work was cancelled.', thrown)
  }
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const message = cause instanceof Error ? cause.message || cause.name : String(cause)
  // Node names what went wrong: without a connection nothing was sent. Elsewhere nothing is known, and it may have arrived.
  const unconnected = cause instanceof Error && 'code' in cause && /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN)$/.test(String(cause.code))
  return new MillraceError({
    code: `${side}-${unconnected ? 'unreachable' : 'unanswered'}`,
    fault: 'transient',
    message: `The tool does not answer: ${message}`,
    mend: `Check the url of the ${side}, and that the tool runs.`,
    cause: thrown,
  })
}
