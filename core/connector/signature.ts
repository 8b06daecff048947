import { type Bytes, fromBase64, fromHex, joined } from '../lib/bytes.ts'
import { MillraceError } from '../lib/error.ts'
import { fail, ok, type Result } from '../lib/result.ts'
import type { Proof, WebhookRequest } from './webhook-source.ts'

/*
 * The signatures that tools put on their webhooks. All comparing is done by WebCrypto, which takes the same time
 * whatever is wrong.
 */

export interface HmacScheme {
  /** The header that holds the signature. */
  header: string
  secret: string | Bytes
  /** SHA-256 without it. */
  hash?: 'SHA-1' | 'SHA-256' | 'SHA-512'
  /** hex without it. */
  encoding?: 'hex' | 'base64'
  /** What stands before the signature: `sha256=`. */
  prefix?: string
  /** What was signed, its parts one after the other; without it, the raw body. */
  signed?: readonly (string | Uint8Array)[]
}

/** `signed` when the header holds the HMAC of what was signed; `wrong-signature` otherwise. */
export async function verifyHmac(request: WebhookRequest, scheme: HmacScheme): Promise<Result<Proof>> {
  const { header, prefix = '', encoding = 'hex' } = scheme
  const value = request.headers.get(header)?.trim()
  if (!value) return missingHeader(header)
  if (!value.startsWith(prefix)) return wrongSignature(`The header ${header} does not begin with ${prefix}.`)
  const signature = (encoding === 'hex' ? fromHex : fromBase64)(value.slice(prefix.length))
  if (signature === undefined) return wrongSignature(`The header ${header} is not in ${encoding}.`)
  const signed = joined(scheme.signed ?? [request.rawBody])
  return (await isHmac(scheme.hash ?? 'SHA-256', scheme.secret, signed, [signature])) ? ok('signed') : noMatch(header)
}

/** Whether one of the signatures is the HMAC of `signed`. */
export async function isHmac(hash: string, secret: string | Bytes, signed: Bytes, signatures: readonly Bytes[]): Promise<boolean> {
  const key = await crypto.subtle.importKey('raw', joined([secret]), { name: 'HMAC', hash }, false, ['verify'])
  for (const signature of signatures) if (await crypto.subtle.verify('HMAC', key, signature, signed)) return true
  return false
}

/**
 * Whether a DER-encoded ECDSA signature (P-256, SHA-256) is of `signed`.
 * @param publicKey SubjectPublicKeyInfo in base64, with or without PEM's lines around it; see `isEcdsaKey`
 */
export async function isEcdsa(publicKey: string, signed: Bytes, signature: Bytes): Promise<boolean> {
  const plain = fromDer(signature)
  if (plain === undefined) return false
  try {
    const key = await crypto.subtle.importKey('spki', spki(publicKey) ?? new Uint8Array(), p256, false, ['verify'])
    return await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, plain, signed)
  } catch {
    // A key that is no point of the curve.
    return false
  }
}

const p256 = { name: 'ECDSA', namedCurve: 'P-256' }

/** Whether a text looks like a public key on P-256: 91 bytes of DER (RFC 5480). */
export function isEcdsaKey(publicKey: string): boolean {
  const bytes = spki(publicKey)
  return bytes?.length === 91 && bytes[0] === 0x30 && bytes[26] === 0x04
}

function spki(publicKey: string): Bytes | undefined {
  return fromBase64(publicKey.replaceAll(/-----[^-]+-----|\s/g, ''))
}

/** A DER signature (SEQUENCE of two INTEGERs, RFC 3279 2.2.3) as WebCrypto wants it: both numbers in 32 bytes each. */
function fromDer(der: Bytes): Bytes | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined
  const plain = new Uint8Array(64)
  let at = 2
  for (const end of [32, 64]) {
    const length = der[at + 1]
    if (der[at] !== 0x02 || length === undefined || at + 2 + length > der.length) return undefined
    // An INTEGER has a sign: a number whose first bit is set has a zero before it.
    const number = der.subarray(at + 2, at + 2 + length)
    const digits = number[0] === 0 ? number.subarray(1) : number
    if (digits.length > 32) return undefined
    plain.set(digits, end - digits.length)
    at += 2 + length
  }
  return at === der.length ? plain : undefined
}

/**
 * `signed` by Standard Webhooks (github.com/standard-webhooks, spec/standard-webhooks.md): `webhook-signature` holds, in
 * a list with spaces, `v1,` and the base64 of the HMAC of `id.timestamp.body`; a secret with `whsec_` is base64.
 */
export async function verifyStandard(
  request: WebhookRequest,
  secret: string,
  at: { now: number; tolerance: number },
): Promise<Result<Proof>> {
  const [id, time, value] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => request.headers.get(name)?.trim())
  if (!id) return missingHeader('webhook-id')
  if (!value) return missingHeader('webhook-signature')
  const fresh = checkAge('webhook-timestamp', time, at)
  if (!fresh.ok) return fresh
  const key = secret.startsWith('whsec_') ? fromBase64(secret.slice(6)) : joined([secret])
  const signatures = value.split(' ').flatMap((part) => (part.startsWith('v1,') ? (fromBase64(part.slice(3)) ?? []) : []))
  const signed = joined([`${id}.${fresh.value}.`, request.rawBody])
  return key?.length && (await isHmac('SHA-256', key, signed, signatures)) ? ok('signed') : noMatch('webhook-signature')
}

/** Whether a text is the secret, in a time that tells nothing of where they differ. */
export async function isSecret(given: string, secret: string): Promise<boolean> {
  const random = crypto.getRandomValues(new Uint8Array(32))
  const key = await crypto.subtle.importKey('raw', random, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
  return crypto.subtle.verify('HMAC', key, await crypto.subtle.sign('HMAC', key, joined([secret])), joined([given]))
}

/** `signed` when a header is the very secret that the tool was given; `wrong-signature` otherwise. */
export async function verifySecretHeader(request: WebhookRequest, header: string, secret: string): Promise<Result<Proof>> {
  const value = request.headers.get(header)
  if (!value) return missingHeader(header)
  return (await isSecret(value, secret)) ? ok('signed') : wrongSignature(`The header ${header} is not what the settings say.`)
}

/**
 * The time of a signature, as it was written, when it lies no further from now than `tolerance` seconds.
 * @param unit of the time, since the epoch
 */
export function checkAge(
  what: string,
  time: string | null | undefined,
  { now, tolerance, unit = 'seconds' }: { now: number; tolerance: number; unit?: 'seconds' | 'milliseconds' },
): Result<string> {
  if (!time) return missingHeader(what)
  if (!/^\d{1,15}$/.test(time)) return wrongSignature(`The time in ${what} is not a number of ${unit}.`)
  const age = Math.round((now - Number(time) * (unit === 'seconds' ? 1000 : 1)) / 1000)
  if (Math.abs(age) <= tolerance) return ok(time)
  const how = age > 0 ? `${age} seconds old` : `${-age} seconds ahead of this clock`
  return wrongSignature(`The signature is ${how}; the tolerance is ${tolerance}.`)
}

export function missingHeader(header: string): Result<never> {
  return wrongSignature(`The header ${header} is missing.`)
}

export function noMatch(header: string): Result<never> {
  return wrongSignature(`The signature in ${header} is not that of the body.`)
}

/** @param message what is wrong; never what would be right */
export function wrongSignature(message: string): Result<never> {
  const mend = 'Check the secret in the settings of the source against that in the tool.'
  return fail(new MillraceError({ code: 'wrong-signature', fault: 'config', message, mend }))
}
