import { basic } from '../../../../connector/json-request.ts'
import { customOf } from '../../custom.ts'
import type { Authenticator, AuthenticatorComponent, RequesterComponent } from '../../manifest/requester.ts'
import type { Http, Send } from '../http.ts'
import { copyParts, inject, type RequestParts, setHeader } from '../option.ts'
import { credential } from './credential.ts'
import { jwtToken, prefixed } from './jwt.ts'
import { legacySessionToken } from './legacy-session.ts'
import { oauthToken } from './oauth.ts'
import { selectAuthenticator } from './select.ts'
import { injectSession, sessionToken } from './session.ts'
import type { RenewableToken, TokenInUse } from './token.ts'

/** A request with credentials; `token` is the one it carries, when that can be renewed. */
export interface Signed {
  parts: RequestParts
  token?: { renewable: RenewableToken; used: TokenInUse }
}

/**
 * A copy of the request with credentials, by the requester's authenticator; `send` logs in where that
 * takes a request. Throws `missing-credentials` (config), and what obtaining a token throws.
 */
export async function authenticate(parts: RequestParts, requester: RequesterComponent, http: Http, send: Send): Promise<Signed> {
  if (requester.authenticator === undefined) return { parts }
  const authenticator = selectAuthenticator(requester.authenticator, http.interpolation)
  const signed = copyParts(parts)
  if (authenticator.type === 'CustomAuthenticator') {
    await putCustom(signed, authenticator, http)
    return { parts: signed }
  }
  const renewable = await renewableToken(authenticator, requester, http, send)
  if (renewable === undefined) {
    putFixed(signed, authenticator, http)
    return { parts: signed }
  }
  const used = await renewable.get()
  putToken(signed, authenticator, used.value, http)
  return { parts: signed, token: { renewable, used } }
}

/** The token that the authenticator obtains; undefined for one whose credentials are fixed. */
async function renewableToken(
  authenticator: AuthenticatorComponent,
  requester: RequesterComponent,
  http: Http,
  send: Send,
): Promise<RenewableToken | undefined> {
  switch (authenticator.type) {
    case 'OAuthAuthenticator':
      return oauthToken(authenticator, http, send)
    case 'SessionTokenAuthenticator':
      return sessionToken(authenticator, http, send)
    case 'LegacySessionTokenAuthenticator':
      return legacySessionToken(authenticator, requester, http, send)
    case 'JwtAuthenticator':
      return jwtToken(authenticator, http)
    default:
      return undefined
  }
}

function putToken(parts: RequestParts, authenticator: AuthenticatorComponent, token: string, { interpolation }: Http): void {
  switch (authenticator.type) {
    case 'SessionTokenAuthenticator':
      injectSession(parts, authenticator, token, interpolation)
      return
    case 'LegacySessionTokenAuthenticator':
      setHeader(parts.headers, interpolation.text(authenticator.header, authenticator.$parameters), token)
      return
    case 'JwtAuthenticator': {
      const text = prefixed(token, authenticator, interpolation)
      if (authenticator.request_option) inject(parts, authenticator.request_option, text, interpolation)
      else setHeader(parts.headers, 'Authorization', text)
      return
    }
    default:
      setHeader(parts.headers, 'Authorization', `Bearer ${token}`)
  }
}

async function putCustom(parts: RequestParts, authenticator: Authenticator<'CustomAuthenticator'>, http: Http): Promise<void> {
  const place = { component: authenticator, config: http.interpolation.config, context: {}, runtime: http.runtime }
  const { headers = {}, query = {} } = await customOf(http.custom, authenticator)(place)
  for (const [name, value] of Object.entries(headers)) setHeader(parts.headers, name, value)
  parts.query.push(...Object.entries(query))
}

function putFixed(parts: RequestParts, authenticator: AuthenticatorComponent, { interpolation }: Http): void {
  switch (authenticator.type) {
    case 'BearerAuthenticator':
      setHeader(parts.headers, 'Authorization', `Bearer ${credential(authenticator.api_token, authenticator, interpolation)}`)
      return
    case 'BasicHttpAuthenticator': {
      const user = credential(authenticator.username, authenticator, interpolation)
      const password = interpolation.text(authenticator.password ?? '', authenticator.$parameters)
      setHeader(parts.headers, 'Authorization', basic(user, password))
      return
    }
    case 'ApiKeyAuthenticator': {
      const token = credential(authenticator.api_token, authenticator, interpolation)
      if (authenticator.inject_into) inject(parts, authenticator.inject_into, token, interpolation)
      else setHeader(parts.headers, interpolation.text(authenticator.header ?? 'Authorization', authenticator.$parameters), token)
    }
  }
}
