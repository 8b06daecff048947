import { importPKCS8, type JWTPayload, SignJWT } from 'jose'
import { MillraceError } from '../../../../lib/error.ts'
import { bytesToBase64 } from '../../../../lib/bytes.ts'
import type { JsonObject } from '../../../../lib/json.ts'
import type { Interpolation } from '../../interpolation.ts'
import type { Authenticator } from '../../manifest/requester.ts'
import type { Http } from '../http.ts'
import { credential, optionalCredential } from './credential.ts'
import { toPkcs8 } from './pem.ts'
import { RenewableToken } from './token.ts'

type Jwt = Authenticator<'JwtAuthenticator'>

/** What WebCrypto signs with (RFC 7518, section 3.1; RFC 9864). ES256K it does not know. */
const algorithms = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** Signed anew so many seconds before its end, that it does not end on the way. */
const margin = 10

/**
 * A JSON Web Token (RFC 7519) signed with the manifest's key, by the component schema's
 * JwtAuthenticator; made once and used until shortly before it ends. Throws `invalid-key`,
 * `missing-credentials` (config).
 */
export function jwtToken(authenticator: Jwt, http: Http): Promise<RenewableToken> {
  const { interpolation, runtime } = http
  const { now } = runtime.clock
  const algorithm = interpolation.text(authenticator.algorithm, authenticator.$parameters).trim()
  if (!algorithms.includes(algorithm)) throw invalidKey(`the algorithm "${algorithm}" is none of ${algorithms.join(', ')}`)
  const secret = credential(authenticator.secret_key, authenticator, interpolation)
  const passphrase = optionalCredential(authenticator.passphrase, authenticator, interpolation)
  const duration = lifetime(authenticator, interpolation)
  const header = {
    ...evaluated(authenticator.additional_jwt_headers, authenticator, interpolation),
    ...named(authenticator.jwt_headers, authenticator, interpolation),
  }
  const payload = {
    ...evaluated(authenticator.additional_jwt_payload, authenticator, interpolation),
    ...named(authenticator.jwt_payload, authenticator, interpolation),
  }
  const obtain = async () => {
    const issued = Math.floor(now() / 1000)
    const key = await signingKey(secret, passphrase, algorithm, isEncoded(authenticator, interpolation))
    const value = await new SignJWT(payload as JWTPayload)
      .setProtectedHeader({ ...header, alg: algorithm })
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setExpirationTime(issued + duration)
      .sign(key)
      .catch((thrown: unknown) => {
        throw invalidKey(`it cannot sign with ${algorithm}: ${reason(thrown)}`)
      })
    return { value, expiresAt: (issued + duration - Math.min(margin, duration / 2)) * 1000 }
  }
  const key = JSON.stringify(['jwt', algorithm, secret, passphrase, duration, header, payload])
  return http.tokens.find(key, async () => new RenewableToken(obtain, now))
}

/** The token as it is sent: after `header_prefix`, when the manifest has one. */
export function prefixed(token: string, authenticator: Jwt, interpolation: Interpolation): string {
  const prefix = optionalCredential(authenticator.header_prefix, authenticator, interpolation)
  return prefix === undefined ? token : `${prefix} ${token}`
}

async function signingKey(secret: string, passphrase: string | undefined, algorithm: string, isEncoded: boolean) {
  const bytes = new TextEncoder().encode(secret)
  if (algorithm.startsWith('HS')) return isEncoded ? new TextEncoder().encode(bytesToBase64(bytes)) : bytes
  try {
    return await importPKCS8(await toPkcs8(secret, passphrase), algorithm)
  } catch (thrown) {
    throw invalidKey(thrown instanceof MillraceError ? thrown.message : `it is no private key for ${algorithm}: ${reason(thrown)}`)
  }
}

function isEncoded({ base64_encode_secret_key: flag, $parameters }: Jwt, interpolation: Interpolation): boolean {
  return typeof flag === 'boolean' ? flag : interpolation.condition(flag, $parameters)
}

function lifetime({ token_duration: source, $parameters }: Jwt, interpolation: Interpolation): number {
  const seconds = Number(interpolation.text(String(source), $parameters))
  if (Number.isFinite(seconds) && seconds > 0) return Math.trunc(seconds)
  throw invalidKey(`its token_duration "${source}" is not a number of seconds`)
}

function named(fields: Record<string, string | undefined>, authenticator: Jwt, interpolation: Interpolation): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, source]) => {
      const value = optionalCredential(source, authenticator, interpolation)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function evaluated(fields: JsonObject, { $parameters }: Jwt, interpolation: Interpolation): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      interpolation.text(name, $parameters),
      typeof value === 'string' ? interpolation.json(value, $parameters) : value,
    ]),
  )
}

function invalidKey(why: string): MillraceError {
  return new MillraceError({
    code: 'invalid-key',
    fault: 'config',
    message: `The JwtAuthenticator of the manifest cannot make a token: ${why}.`,
    mend: "Check the key in the source's config, and the algorithm in the manifest.",
  })
}

function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
