import type { MillraceError } from '#core/lib/error.ts'
import type { Appended } from './spool/spool.ts'

/** Answers of the collector. An error names its reason, and the field where there is one. */

const statuses: Record<string, 400 | 401 | 403 | 404 | 413 | 415 | 503> = {
  'missing-key': 401,
  'unknown-key': 401,
  'admin-token': 401,
  'source-disabled': 403,
  'wrong-source': 403,
  'wrong-host': 403,
  'unknown-source': 404,
  'not-found': 404,
  'too-large': 413,
  'unknown-encoding': 415,
}

/** Seconds after which a full or failing spool may be tried again. */
const retryAfter = 10

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
