import type { Bytes } from '../../../../lib/bytes.ts'
import { MillraceError } from '../../../../lib/error.ts'
import { bytesToHex } from '@noble/hashes/utils.js'
import { type DerValue, readDer, tags } from './der.ts'

/** OBJECT IDENTIFIERs of RFC 8018, appendix C, and of NIST's AES-CBC, in hexadecimal. */
const pbes2 = '2a864886f70d01050d'
const pbkdf2 = '2a864886f70d01050c'
const hashes: Record<string, string> = {
  '2a864886f70d0207': 'SHA-1',
  '2a864886f70d0209': 'SHA-256',
  '2a864886f70d020a': 'SHA-384',
  '2a864886f70d020b': 'SHA-512',
}
const aesBits: Record<string, number> = { '608648016503040102': 128, '608648016503040116': 192, '60864801650304012a': 256 }

/** More rounds than any tool takes; a key from elsewhere must not keep us busy. */
const maxRounds = 10_000_000

/**
 * Decrypts an EncryptedPrivateKeyInfo (RFC 5958) that PBES2 with PBKDF2 and AES-CBC made, as OpenSSL
 * does by default (RFC 8018, section 6.2). Throws `invalid-key` (config).
 */
export async function decryptPkcs8(bytes: Bytes, passphrase: string): Promise<Bytes> {
  const [algorithm, data] = sequence(readDer(bytes)?.[0])
  const [scheme, parameters] = sequence(algorithm)
  if (hex(scheme) !== pbes2 || data?.tag !== tags.octets) throw unknown()
  const [derivation, encryption] = sequence(parameters)
  const [function_, derivationParameters] = sequence(derivation)
  if (hex(function_) !== pbkdf2) throw unknown()
  const [salt, rounds, ...more] = sequence(derivationParameters)
  const prf = more.find(({ tag }) => tag === tags.sequence)
  const hash = prf === undefined ? 'SHA-1' : hashes[hex(sequence(prf)[0])]
  const [cipher, iv] = sequence(encryption)
  const length = aesBits[hex(cipher)]
  const iterations = Number(`0x${hex(rounds) || '0'}`)
  if (
    hash === undefined ||
    length === undefined ||
    salt === undefined ||
    iv === undefined ||
    !(iterations > 0 && iterations <= maxRounds)
  ) {
    throw unknown()
  }
  const { subtle } = crypto
  const password = await subtle.importKey('raw', new TextEncoder().encode(passphrase), 'PBKDF2', false, ['deriveKey'])
  const key = await subtle.deriveKey(
    { name: 'PBKDF2', hash, salt: salt.content, iterations },
    password,
    { name: 'AES-CBC', length },
    false,
    ['decrypt'],
  )
  try {
    return new Uint8Array(await subtle.decrypt({ name: 'AES-CBC', iv: iv.content }, key, data.content))
  } catch {
    throw new MillraceError({ code: 'invalid-key', fault: 'config', message: 'the passphrase does not open it' })
  }
}

function sequence(value: DerValue | undefined): DerValue[] {
  const values = value?.tag === tags.sequence ? readDer(value.content) : undefined
  if (values === undefined) throw unknown()
  return values
}

function hex(value: DerValue | undefined): string {
  return value === undefined ? '' : bytesToHex(value.content)
}

function unknown(): MillraceError {
  return new MillraceError({
    code: 'invalid-key',
    fault: 'config',
    message:
      'it is encrypted in a way that is not understood (PBES2 with AES is): `openssl pkcs8 -topk8 -v2 aes-256-cbc` writes one that is',
  })
}
