import { z } from 'zod'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Authenticator } from '../../manifest/requester.ts'
import { valueAt } from '../../stream/path.ts'
import { parseAnyTime } from '../../time/parse.ts'
import type { Http } from '../http.ts'
import { optionalCredential } from './credential.ts'
import { client } from './oauth-request.ts'
import type { Token } from './token.ts'

type OAuth = Authenticator<'OAuthAuthenticator'>

const keptSchema = z.object({ refreshToken: z.string().optional(), access: z.object({ value: z.string(), expiresAt: z.number() }) })

export interface Held {
  refreshToken: string | undefined
  access: Token | undefined
}

/** Where an authenticator's tokens come from before it asks for new ones, and where new ones go. */
export interface Keeper {
  /** What tells these credentials from others: authenticators that agree in it share one token. */
  identity: string
  held(): Promise<Held>
  store(tokens: { refreshToken: string | undefined; access: Required<Token> }): Promise<void>
}

/**
 * With a `refresh_token_updater`, tokens that were renewed go to the vault, under a name made of the
 * credentials in the settings. So they live on from run to run, in checks as in reads, whether or not a
 * stream comes to its state; and when the settings get another refresh token, that one is used instead.
 */
export function keeper(authenticator: OAuth, http: Http): Keeper {
  const { interpolation, runtime } = http
  const configured = configuredTokens(authenticator, http)
  const text = (source: string | undefined) => interpolation.text(source ?? '', authenticator.$parameters)
  const identity = fingerprint([
    text(authenticator.token_refresh_endpoint),
    text(authenticator.grant_type),
    client('client_id', authenticator, http) ?? '',
    client('client_secret', authenticator, http) ?? '',
    configured.refreshToken ?? '',
    configured.refreshToken === undefined ? (configured.access?.value ?? '') : '',
    JSON.stringify([
      authenticator.scopes,
      authenticator.refresh_request_body,
      authenticator.refresh_request_headers,
      authenticator.profile_assertion,
    ]),
  ])
  const name = `oauth-${identity.slice(0, 16)}`
  if (authenticator.refresh_token_updater === undefined) return { identity, held: async () => configured, store: async () => undefined }
  return {
    identity,
    async held() {
      const kept = await runtime.vault?.get(name)
      return kept === undefined ? configured : read(kept)
    },
    async store(tokens) {
      if (runtime.vault !== undefined) await runtime.vault.set(name, JSON.stringify(tokens))
      else if (tokens.refreshToken !== configured.refreshToken) {
        runtime.log('warn', 'The API renewed the refresh token, and there is no place to keep it: the next run needs new credentials.')
      }
    },
  }
}

function configuredTokens(authenticator: OAuth, { interpolation }: Http): Held {
  const updater = authenticator.refresh_token_updater
  const at = (path: readonly string[]) => {
    const value = valueAt(interpolation.config, path)
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  }
  const own = (source: string | undefined) => optionalCredential(source, authenticator, interpolation)
  const refreshToken = (updater && at(updater.refresh_token_config_path)) || own(authenticator.refresh_token)
  const access = (updater && at(updater.access_token_config_path)) || own(authenticator.access_token_value)
  const expiry = (updater && at(updater.token_expiry_date_config_path)) || own(authenticator.token_expiry_date)
  if (access === undefined) return { refreshToken, access: undefined }
  if (authenticator.token_refresh_endpoint === undefined) return { refreshToken, access: { value: access } }
  // Of a token whose end is not known, the CDK takes it that it is over.
  const moment = expiry === undefined ? undefined : parseAnyTime(expiry)
  return { refreshToken, access: moment && { value: access, expiresAt: Number(moment.micros / 1000n) } }
}

function read(kept: string): Held {
  const { refreshToken, access } = keptSchema.parse(JSON.parse(kept))
  return { refreshToken, access }
}

function fingerprint(parts: readonly string[]): string {
  return bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(parts))))
}
