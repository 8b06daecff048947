import { MillraceError } from '../../../../lib/error.ts'
import type { Json, JsonObject } from '../../../../lib/json.ts'
import type { Authenticator } from '../../manifest/requester.ts'
import { valueAt } from '../../stream/path.ts'
import type { Http } from '../http.ts'
import { emptyParts, type RequestParts, setHeader, wireText } from '../option.ts'
import { jwtToken, prefixed } from './jwt.ts'
import { credential, optionalCredential } from './credential.ts'

type OAuth = Authenticator<'OAuthAuthenticator'>

const bearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/**
 * The request for an access token as the CDK makes it: a form, or JSON where the manifest's headers say
 * so, or a query. Client and secret stay out of it when the headers carry them (RFC 6749, section 2.3.1).
 */
export async function refreshRequest(
  authenticator: OAuth,
  refreshToken: string | undefined,
  http: Http,
): Promise<{ url: string; parts: RequestParts }> {
  const { interpolation } = http
  const parts = emptyParts()
  const text = (source: string) => interpolation.text(source, authenticator.$parameters)
  for (const [name, value] of evaluated(authenticator.refresh_request_headers, authenticator, http)) {
    setHeader(parts.headers, name, wireText(value))
  }
  const fields = await refreshFields(authenticator, refreshToken, 'authorization' in lowered(parts.headers), http)
  const pairs = fields.flatMap(([name, value]) => [value].flat().map((item): [string, string] => [name, wireText(item)]))
  if (authenticator.send_refresh_request_as_query_params) parts.query = pairs
  else if (/\bjson\b/i.test(lowered(parts.headers)['content-type'] ?? '')) parts.bodyJson = Object.fromEntries(fields)
  else parts.bodyForm = pairs
  return { url: endpoint(text(authenticator.token_refresh_endpoint!).trim(), authenticator.token_refresh_endpoint!), parts }
}

async function refreshFields(
  authenticator: OAuth,
  refreshToken: string | undefined,
  credentialsInHeader: boolean,
  http: Http,
): Promise<[string, Json][]> {
  const { interpolation } = http
  const text = (source: string) => interpolation.text(source, authenticator.$parameters)
  const fields = new Map<string, Json>()
  if (usesAssertion(authenticator, http)) {
    const assertion = authenticator.profile_assertion
    if (assertion === undefined) throw missing('profile_assertion', 'use_profile_assertion is set')
    fields.set(text(authenticator.grant_type_name), bearerGrant)
    const { value } = await (await jwtToken(assertion, http)).get()
    fields.set('assertion', prefixed(value, assertion, interpolation))
    return [...fields]
  }
  const grant = text(authenticator.grant_type)
  fields.set(text(authenticator.grant_type_name), grant)
  if (!credentialsInHeader) {
    fields.set(
      text(authenticator.client_id_name),
      client('client_id', authenticator, http) ?? credential(undefined, authenticator, interpolation),
    )
    fields.set(text(authenticator.client_secret_name), client('client_secret', authenticator, http) ?? '')
  }
  if (grant === 'refresh_token' && refreshToken === undefined) throw missing('refresh_token', 'the grant is refresh_token')
  if (refreshToken !== undefined) fields.set(text(authenticator.refresh_token_name), refreshToken)
  if (authenticator.scopes.length > 0) fields.set('scopes', authenticator.scopes.map(text))
  for (const [name, value] of evaluated(authenticator.refresh_request_body, authenticator, http)) {
    if (!fields.has(name)) fields.set(name, value)
  }
  return [...fields]
}

/** Client id or secret; with a `refresh_token_updater`, where the CDK looks when the manifest does not say. */
export function client(name: 'client_id' | 'client_secret', authenticator: OAuth, { interpolation }: Http): string | undefined {
  if (authenticator[name] !== undefined || authenticator.refresh_token_updater === undefined) {
    return optionalCredential(authenticator[name], authenticator, interpolation)
  }
  const value = valueAt(interpolation.config, ['credentials', name])
  return typeof value === 'string' && value !== '' ? value : undefined
}

function usesAssertion({ use_profile_assertion: flag, $parameters }: OAuth, { interpolation }: Http): boolean {
  return typeof flag === 'boolean' ? flag : interpolation.condition(flag, $parameters)
}

/** Keys and texts evaluated; what is None is left out, as Python's requests does. */
function evaluated(mapping: JsonObject, { $parameters }: OAuth, { interpolation }: Http): [string, Json][] {
  return Object.entries(mapping).flatMap(([key, value]): [string, Json][] => {
    const result = typeof value === 'string' ? interpolation.json(value, $parameters) : value
    return result === null ? [] : [[interpolation.text(key, $parameters), result]]
  })
}

function lowered(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function endpoint(url: string, source: string): string {
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return url
  throw new MillraceError({
    code: 'invalid-url',
    fault: 'config',
    message: `The token_refresh_endpoint "${url}" is not an address of http or https; the manifest makes it of "${source}".`,
    mend: "Check the settings of the source's config that the address is made of.",
  })
}

function missing(field: string, reason: string): MillraceError {
  return new MillraceError({
    code: 'missing-credentials',
    fault: 'config',
    message: `The OAuthAuthenticator has no ${field}, and needs one because ${reason}.`,
    mend: "Fill in the setting in the source's config, or the field in the manifest.",
  })
}
