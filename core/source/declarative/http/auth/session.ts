import { MillraceError } from '../../../../lib/error.ts'
import type { Interpolation } from '../../interpolation.ts'
import type { Authenticator } from '../../manifest/requester.ts'
import { valueAt } from '../../stream/path.ts'
import { addSpan, Moment } from '../../time/moment.ts'
import { parseSpan } from '../../time/span.ts'
import type { Http, Send } from '../http.ts'
import { inject, type RequestParts, setHeader } from '../option.ts'
import { requesterParts } from '../parts.ts'
import { requestUrl } from '../url.ts'
import { RenewableToken } from './token.ts'

type SessionAuthenticator = Authenticator<'SessionTokenAuthenticator'>

/**
 * A session: logged in by the login requester, until `expiration_duration` is over. Without one, every
 * request logs in (component schema, SessionTokenAuthenticator). Throws `source-auth` (config) when the
 * login's answer has no token.
 */
export function sessionToken(authenticator: SessionAuthenticator, http: Http, send: Send): Promise<RenewableToken> {
  const { interpolation, runtime } = http
  const { login_requester: login } = authenticator
  const url = requestUrl(login, undefined, {}, interpolation)
  const parts = requesterParts(login, {}, interpolation)
  const { now } = runtime.clock
  const lifetime = duration(authenticator, interpolation)
  const obtain = async () => {
    const answer = await send(login, url, parts, http, authenticator.decoder)
    const path = authenticator.session_token_path.map((part) => interpolation.text(part, authenticator.$parameters))
    const value = answer === undefined ? undefined : valueAt(answer.json, path)
    if (typeof value !== 'string' && typeof value !== 'number') throw noToken(url, path)
    return { value: String(value), expiresAt: lifetime === undefined ? now() : lifetime(now()) }
  }
  const key = JSON.stringify(['session', login.http_method, url, parts, login.authenticator, authenticator.session_token_path])
  return http.tokens.find(key, async () => new RenewableToken(obtain, now))
}

/** Puts a session token where `request_authentication` says. */
export function injectSession(
  parts: RequestParts,
  { request_authentication: how, $parameters }: SessionAuthenticator,
  token: string,
  interpolation: Interpolation,
): void {
  if (how.type === 'Bearer') {
    setHeader(parts.headers, 'Authorization', `Bearer ${token}`)
    return
  }
  const text = how.api_token === undefined ? token : interpolation.text(how.api_token, $parameters, { session_token: token })
  inject(parts, how.inject_into, text, interpolation)
}

function duration(
  { expiration_duration: source, $parameters }: SessionAuthenticator,
  interpolation: Interpolation,
): ((now: number) => number) | undefined {
  if (source === undefined) return undefined
  const text = interpolation.text(source, $parameters)
  const span = parseSpan(text)
  if (span !== undefined) return (now) => Number(addSpan(Moment.fromMillis(now), span).micros / 1000n)
  throw new MillraceError({
    code: 'invalid-duration',
    fault: 'config',
    message: `The expiration_duration "${text}" of the SessionTokenAuthenticator is not an ISO 8601 duration.`,
    mend: 'Write it in the manifest like PT1H.',
  })
}

function noToken(url: string, path: readonly string[]): MillraceError {
  return new MillraceError({
    code: 'source-auth',
    fault: 'config',
    message: `The login at ${new URL(url).origin} answered without a token at ${path.join('.')}.`,
    mend: "Check the credentials in the source's config, and the session_token_path in the manifest.",
  })
}
