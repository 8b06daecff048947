import { MillraceError } from '../../../../lib/error.ts'
import type { Json } from '../../../../lib/json.ts'
import { type Authenticator, requesterSchema } from '../../manifest/requester.ts'
import type { Accepted } from '../answer.ts'
import type { Http, Send } from '../http.ts'
import type { RequestParts } from '../option.ts'
import { expiryOf, findField, tokenOf } from './oauth-answer.ts'
import { keeper } from './oauth-keep.ts'
import { refreshRequest } from './oauth-request.ts'
import { RenewableToken, type Token } from './token.ts'

type OAuth = Authenticator<'OAuthAuthenticator'>

/**
 * An OAuth 2.0 access token (RFC 6749, sections 4.4 and 6; RFC 7523 for a profile assertion) by the
 * manifest's OAuthAuthenticator. Refresh tokens that the endpoint renews are used from then on, and kept in
 * the vault for the next run when the manifest has a `refresh_token_updater`. Throws `missing-credentials`
 * (config), `source-auth` (config) when the endpoint refuses, `source-unavailable` (transient) when it does not answer.
 */
export function oauthToken(authenticator: OAuth, http: Http, send: Send): Promise<RenewableToken> {
  const keep = keeper(authenticator, http)
  return http.tokens.find(JSON.stringify(['oauth', keep.identity]), async () => {
    const held = await keep.held()
    let refreshToken = held.refreshToken
    if (authenticator.token_refresh_endpoint === undefined) return new RenewableToken(noEndpoint, http.runtime.clock.now, held.access)
    async function obtain(): Promise<Token> {
      const { url, parts } = await refreshRequest(authenticator, refreshToken, http)
      const answer = await ask(authenticator, url, parts, http, send)
      const token = tokenOf(answer.json, authenticator, http)
      const renewed = authenticator.refresh_token_updater?.refresh_token_name ?? authenticator.refresh_token_name
      const next = findField(answer.json, http.interpolation.text(renewed, authenticator.$parameters))
      if (typeof next === 'string' && next !== '') refreshToken = next
      const access = { value: token, expiresAt: expiryOf(answer.json, authenticator, http) }
      await keep.store({ refreshToken, access })
      return access
    }
    return new RenewableToken(obtain, http.runtime.clock.now, held.access)
  })
}

async function noEndpoint(): Promise<Token> {
  throw new MillraceError({
    code: 'source-auth',
    fault: 'config',
    message:
      'The access token of the settings is missing or has expired, and the manifest names no token_refresh_endpoint to have another.',
    mend: "Set a new access token in the source's config.",
  })
}

/** Asks the token endpoint; what it refuses is the settings' fault (RFC 6749, section 5.2). */
async function ask(authenticator: OAuth, url: string, parts: RequestParts, http: Http, send: Send): Promise<Accepted> {
  const requester = requesterSchema.parse({
    type: 'HttpRequester',
    http_method: 'POST',
    error_handler: { type: 'DefaultErrorHandler', response_filters: refusals(authenticator) },
  })
  try {
    const answer = await send(requester, url, parts, http)
    return answer!
  } catch (thrown) {
    if (!(thrown instanceof MillraceError) || (thrown.code !== 'source-refused' && thrown.code !== 'source-auth')) throw thrown
    throw new MillraceError({
      code: 'source-auth',
      fault: 'config',
      message: `The token endpoint refused to give an access token. ${thrown.message}`,
      mend: "Check the client and the refresh token in the source's config; a refresh token that was revoked or used elsewhere has to be had anew.",
      cause: thrown,
    })
  }
}

/** What the manifest says of answers that mean a dead refresh token, as response filters. */
function refusals({ refresh_token_updater: updater }: OAuth): Json[] {
  if (updater === undefined || updater.refresh_token_error_status_codes.length === 0 || updater.refresh_token_error_key === '') return []
  // A predicate has no status; whatever status it comes with, such an answer is no token.
  const predicate = `{{ response.get(${JSON.stringify(updater.refresh_token_error_key)}) in ${JSON.stringify(updater.refresh_token_error_values)} }}`
  return [{ type: 'HttpResponseFilter', action: 'FAIL', failure_type: 'config_error', predicate }]
}
