import { MillraceError } from '../lib/error.ts'
import type { JsonObject } from '../lib/json.ts'
import { retry } from '../lib/retry.ts'
import type { Runtime } from '../lib/runtime.ts'
import { refusedCredentials } from './api-client.ts'
import { isObject } from './api-source.ts'
import { callError } from './http-failure.ts'
import { exchange } from './json-request.ts'

const policy = { attempts: 5, baseDelay: 1000, maxDelay: 30_000 }

/**
 * An access token for what the form has: client credentials or a refresh token (RFC 6749, 4.4 and 6). Gives the answer,
 * which has an `access_token`. Throws `source-auth` (config) where the server refuses them, in its own words.
 */
export function requestToken(
  url: string,
  form: Record<string, string>,
  timeout: number,
  runtime: Runtime,
): Promise<JsonObject & { access_token: string }> {
  return retry(policy, runtime, async () => {
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await exchange({ url, headers, body: new URLSearchParams(form).toString(), timeout }, runtime, 'source')
    const { ok, status, json } = answer
    if (ok && isObject(json) && typeof json.access_token === 'string') return { ...json, access_token: json.access_token }
    // RFC 6749, 5.2: 400 or 401 with `error`, and `error_description` where the server likes.
    if ((status === 400 || status === 401 || status === 403) && isObject(json)) {
      const words = [json.error, json.error_description].filter((word) => typeof word === 'string').join(': ')
      throw refusedCredentials(`The API gives no access token for these credentials (${status})${words && `: ${words}`}.`)
    }
    throw callError(answer, 'source') ?? noToken(status)
  })
}

function noToken(status: number): MillraceError {
  return new MillraceError({
    code: 'source-answer',
    fault: 'transient',
    message: `The answer (${status}) to the request for an access token is not the API's.`,
    mend: 'Check the address in the config of the source.',
  })
}
