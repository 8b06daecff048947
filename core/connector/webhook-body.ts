import { parseJson } from '../event/parse.ts'
import { ok, type Result } from '../lib/result.ts'

/**
 * The body of a webhook: JSON whatever its Content-Type says, because many tools say nothing; a form where it says so, as
 * an object of its fields. A form that has its JSON in the field `payload` (GitHub, Slack) is that JSON.
 * Fails with `malformed-json`, `too-deep`.
 */
export function parseWebhookBody(rawBody: Uint8Array, contentType: string | null): Result<unknown> {
  const text = new TextDecoder().decode(rawBody)
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') return parseJson(text)
  const fields = new URLSearchParams(text)
  const payload = fields.get('payload')
  return payload === null ? ok(Object.fromEntries(fields)) : parseJson(payload)
}
