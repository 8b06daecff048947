import { MillraceError } from '../../../../lib/error.ts'
import { type Authenticator, type RequesterComponent, requesterSchema } from '../../manifest/requester.ts'
import { valueAt } from '../../stream/path.ts'
import type { Http, Send } from '../http.ts'
import { emptyParts, type RequestParts } from '../option.ts'
import { joinUrl, requestUrl } from '../url.ts'
import { credential, optionalCredential } from './credential.ts'
import { RenewableToken, type Token } from './token.ts'

/** A day: how long the CDK keeps a session it has logged in to. */
const lifetime = 86_400_000

/**
 * A session the old way: the token of the settings while `validate_session_url` takes it, else one had
 * for user name and password (component schema, LegacySessionTokenAuthenticator).
 */
export function legacySessionToken(
  authenticator: Authenticator<'LegacySessionTokenAuthenticator'>,
  requester: RequesterComponent,
  http: Http,
  send: Send,
): Promise<RenewableToken> {
  const { interpolation, runtime } = http
  const text = (source: string) => interpolation.text(source, authenticator.$parameters)
  const base = requestUrl({ ...requester, path: '' }, undefined, {}, interpolation)
  const given = optionalCredential(authenticator.session_token, authenticator, interpolation)
  const user = optionalCredential(authenticator.username, authenticator, interpolation)
  const call = (http_method: 'GET' | 'POST', path: string, parts: Partial<RequestParts>) => {
    const login = requesterSchema.parse({ type: 'HttpRequester', http_method })
    return send(login, joinUrl(base, text(path)), { ...emptyParts(), ...parts }, http)
  }

  async function login(): Promise<Token> {
    const username = credential(authenticator.username, authenticator, interpolation)
    const password = credential(authenticator.password, authenticator, interpolation)
    const answer = await call('POST', authenticator.login_url, { bodyJson: { username, password } })
    const value = answer === undefined ? undefined : valueAt(answer.json, [text(authenticator.session_token_response_key)])
    if (typeof value === 'string' || typeof value === 'number') return { value: String(value), expiresAt: runtime.clock.now() + lifetime }
    throw new MillraceError({
      code: 'source-auth',
      fault: 'config',
      message: `The login at ${new URL(base).origin} answered without "${text(authenticator.session_token_response_key)}".`,
      mend: "Check the credentials in the source's config, and the session_token_response_key in the manifest.",
    })
  }

  async function isValid(token: string): Promise<boolean> {
    try {
      await call('GET', authenticator.validate_session_url, { headers: { [text(authenticator.header)]: token } })
      return true
    } catch (thrown) {
      if (thrown instanceof MillraceError && thrown.code === 'source-auth' && user !== undefined) return false
      throw thrown
    }
  }

  return http.tokens.find(JSON.stringify(['legacy', base, text(authenticator.login_url), given, user]), async () => {
    const held = given !== undefined && (await isValid(given)) ? { value: given } : undefined
    return new RenewableToken(login, runtime.clock.now, held)
  })
}
