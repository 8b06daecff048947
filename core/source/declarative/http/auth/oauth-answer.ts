import { MillraceError } from '../../../../lib/error.ts'
import type { Json } from '../../../../lib/json.ts'
import type { Authenticator } from '../../manifest/requester.ts'
import { parseAnyTime, parseTime } from '../../time/parse.ts'
import type { Http } from '../http.ts'

type OAuth = Authenticator<'OAuthAuthenticator'>

/** An hour: how long a token is used of which the endpoint does not say how long it lasts, as the CDK does. */
const defaultLifetime = 3_600_000
const maxDepth = 5

/** The access token in the endpoint's answer. Throws `source-auth` (config) when there is none. */
export function tokenOf(answer: Json, authenticator: OAuth, { interpolation }: Http): string {
  const name = interpolation.text(authenticator.access_token_name, authenticator.$parameters)
  const value = findField(answer, name)
  if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value)
  throw new MillraceError({
    code: 'source-auth',
    fault: 'config',
    message: `The token endpoint answered without "${name}".`,
    mend: "Check the client and the refresh token in the source's config, and access_token_name in the manifest.",
  })
}

/** When the token of the answer ends: after so many seconds, or at a time in `token_expiry_date_format`. */
export function expiryOf(answer: Json, authenticator: OAuth, { interpolation, runtime }: Http): number {
  const now = runtime.clock.now()
  const name = interpolation.text(authenticator.expires_in_name, authenticator.$parameters)
  const value = findField(answer, name)
  if (value === undefined || value === null) return now + defaultLifetime
  const format = authenticator.token_expiry_date_format
  if (format !== undefined) {
    const moment = parseTime(String(value), format) ?? parseAnyTime(String(value))
    if (moment !== undefined) return Number(moment.micros / 1000n)
  } else if (Number.isFinite(Number(value)) && value !== '') return now + Math.trunc(Number(value)) * 1000
  throw new MillraceError({
    code: 'source-answer',
    fault: 'config',
    message: `The token endpoint says that the token ends at ${JSON.stringify(value)}, which is ${format === undefined ? 'no number of seconds' : `not of the format ${format}`}.`,
    mend: 'Correct expires_in_name or token_expiry_date_format in the manifest.',
  })
}

/** A field of an answer by its name, wherever it is: some APIs wrap what RFC 6749 has at the top. */
export function findField(answer: Json | undefined, name: string, depth = 0): Json | undefined {
  if (answer === null || typeof answer !== 'object' || depth > maxDepth) return undefined
  if (!Array.isArray(answer) && Object.hasOwn(answer, name)) return answer[name]
  for (const child of Object.values(answer)) {
    const found = findField(child as Json, name, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}
