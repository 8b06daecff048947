import type { MillraceError } from '#core/lib/error.ts'
import { drain } from './body.ts'
import { log } from './log.ts'
import type { Appended } from './spool/spool.ts'

/** Answers of the collector. An error names its reason, and the field where there is one. */

const statuses: Record<string, 400 | 401 | 403 | 404 | 405 | 413 | 415 | 503> = {
  'missing-key': 401,
  'unknown-key': 401,
  'admin-token': 401,
  'wrong-signature': 401,
  'source-disabled': 403,
  'wrong-source': 403,
  'wrong-host': 403,
  'unknown-source': 404,
  'not-found': 404,
  'wrong-method': 405,
  'too-large': 413,
  'unknown-encoding': 415,
}

/** Seconds after which a full or failing spool may be tried again. */
const retryAfter = 10

/** What lets a page of any site read the answer: what a sender may do is decided by the write key, not by where it runs. */
const anyOrigin = { 'access-control-allow-origin': '*' }

const json = { headers: { 'content-type': 'application/json', ...anyOrigin } }

/** Every event of the request is durable. Made for each request, so of constants. */
export function kept(): Response {
  return new Response('{"success":true}', json)
}

export function failed(error: Error): Response {
  log('error', 'A request failed.', { error: String(error), stack: error.stack })
  const message = 'The collector failed; nothing of this request is certain.'
  return Response.json({ success: false, error: { code: 'unexpected', message } }, { status: 500 })
}

/** An answer made ready for a sender: the rest of its body read (see `drain`), and any page let in. */
export async function toSender(request: Request, response: Response): Promise<Response> {
  if (!request.bodyUsed && request.body !== null) await drain(request.body)
  for (const [name, value] of Object.entries(anyOrigin)) response.headers.set(name, value)
  return response
}

export function refuse(error: MillraceError, status: number = statuses[error.code] ?? 400): Response {
  const { code, message, at, mend } = error
  return Response.json({ success: false, error: { code, message, field: at?.field, mend } }, { status })
}

export function notKept(outcome: Extract<Appended, { ok: false }>): Response {
  const code = outcome.reason === 'full' ? 'spool-full' : 'spool-unavailable'
  return Response.json(
    { success: false, error: { code, message: 'The collector cannot keep events now; nothing of this request was kept.' } },
    { status: 503, headers: { 'retry-after': String(retryAfter) } },
  )
}
