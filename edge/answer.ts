import { MillraceError } from '#core/lib/error.ts'
import { drain } from './body.ts'
import { log } from './log.ts'
import type { Appended } from './spool/part.ts'

/** Answers of the collector. An error names its reason, and the field where there is one. */

/** Of answers that are errors, for who counts them. */
const codes = new WeakMap<Response, string>()

/** The code of an answer that is an error. */
export function codeOf(answer: Response): string | undefined {
  return codes.get(answer)
}

const statuses: Record<string, 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 426 | 429 | 503> = {
  'missing-key': 401,
  'unknown-key': 401,
  'admin-token': 401,
  'wrong-signature': 401,
  'source-disabled': 403,
  'destination-disabled': 409,
  'deletion-pending': 409,
  'too-many-suppressed': 409,
  'unknown-deletion': 404,
  'wrong-source': 403,
  'wrong-origin': 403,
  'wrong-host': 403,
  'unknown-destination': 404,
  'not-found': 404,
  'wrong-method': 405,
  'too-large': 413,
  'unknown-encoding': 415,
  'rate-limited': 429,
  'too-many-viewers': 429,
  'websocket-only': 426,
  'spool-full': 503,
  'spool-unavailable': 503,
  'transform-unavailable': 503,
}

/** Seconds after which a full or failing spool may be tried again. */
const retryAfter = 10

/**
 * What lets the page that asked read the answer, with credentials too, because a cookie counts only so. It lets nobody in:
 * what a sender may do is decided by the write key and the source's origins, and no answer tells what a cookie says.
 */
function corsHeaders(origin: string | null): Record<string, string> {
  if (origin === null) return { 'access-control-allow-origin': '*' }
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'retry-after',
    vary: 'Origin',
  }
}

const toServer = { headers: { 'content-type': 'application/json', ...corsHeaders(null) } }

/** Every event of the request is durable. Made for each request, so of constants where it can be. */
export function kept(origin: string | null, cookie: string | undefined): Response {
  if (origin === null && cookie === undefined) return new Response('{"success":true}', toServer)
  return said({ success: true }, origin, cookie)
}

/** 200 with something to say. */
export function said(body: object, origin: string | null, cookie?: string): Response {
  const headers = corsHeaders(origin)
  if (cookie !== undefined) headers['set-cookie'] = cookie
  return Response.json(body, { headers })
}

export function failed(error: Error): Response {
  if (error instanceof MillraceError && error.code === 'transform-unavailable') return refuse(error)
  log('error', 'A request failed.', { error: String(error), stack: error.stack })
  const message = 'The collector failed; nothing of this request is certain.'
  return refuse(new MillraceError({ code: 'unexpected', fault: 'system', message }), 500)
}

/** An answer made ready for a sender: the rest of its body read (see `drain`), and its page let in. */
export async function toSender(request: Request, response: Response): Promise<Response> {
  if (!request.bodyUsed && request.body !== null) await drain(request.body)
  for (const [name, value] of Object.entries(corsHeaders(request.headers.get('origin')))) response.headers.set(name, value)
  return response
}

export function refuse(error: MillraceError, status: number = statuses[error.code] ?? 400): Response {
  const { code, message, at, mend } = error
  const headers: Record<string, string> = error.retryAfter === undefined ? {} : { 'retry-after': String(error.retryAfter) }
  const answer = Response.json({ success: false, error: { code, message, field: at?.field, mend } }, { status, headers })
  codes.set(answer, code)
  return answer
}

export function notKept(outcome: Extract<Appended, { ok: false }>): Response {
  const code = outcome.reason === 'full' ? 'spool-full' : 'spool-unavailable'
  const message = 'The collector cannot keep events now; nothing of this request was kept.'
  return refuse(new MillraceError({ code, fault: 'transient', message, retryAfter }))
}

/** The least transparent GIF (GIF89a). */
const image = Uint8Array.from(atob('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7'), (character) => character.charCodeAt(0))

/** An answer to an image's address: the same status, with an image a page can show whatever it is, and never from a cache. */
export function asPixel({ status, headers }: Response): Response {
  headers.set('content-type', 'image/gif')
  headers.set('cache-control', 'no-store')
  return new Response(image, { status, headers })
}
