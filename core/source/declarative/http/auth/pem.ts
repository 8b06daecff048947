import { type Bytes, bytesToBase64, fromBase64, fromHex } from '../../../../lib/bytes.ts'
import { MillraceError } from '../../../../lib/error.ts'
import { readDer, tags, writeDer } from './der.ts'
import { decryptPkcs8 } from './encrypted-key.ts'

/** OBJECT IDENTIFIER and NULL of rsaEncryption (RFC 8017, appendix C); OBJECT IDENTIFIER of ecPublicKey (RFC 5480). */
const rsaAlgorithm = fromHex('06092a864886f70d0101010500')!
const ecPublicKey = fromHex('06072a8648ce3d0201')!
const version0 = fromHex('020100')!

/**
 * A private key in PEM (RFC 7468) as PKCS #8 PEM, which is all that WebCrypto takes: from PKCS #8,
 * encrypted PKCS #8, PKCS #1 (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`). Line breaks may be written
 * as `\n`, as they are in JSON that went through an environment variable. Throws `invalid-key` (config).
 */
export async function toPkcs8(text: string, passphrase: string | undefined): Promise<string> {
  const match = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]+?)-----END \1-----/.exec(text.replaceAll(String.raw`\n`, '\n').slice(0, 100_000))
  const bytes = match === null ? undefined : fromBase64(match[2]!.replaceAll(/\s+/g, ''))
  if (bytes === undefined) throw invalid('it is not in PEM, which begins with "-----BEGIN PRIVATE KEY-----"')
  switch (match![1]) {
    case 'PRIVATE KEY':
      return pem(bytes)
    case 'RSA PRIVATE KEY':
      return pem(wrapped(rsaAlgorithm, bytes))
    case 'EC PRIVATE KEY':
      return pem(wrapped(ecAlgorithm(bytes), bytes))
    case 'ENCRYPTED PRIVATE KEY':
      if (passphrase === undefined) throw invalid('it is encrypted, and there is no passphrase')
      return pem(await decryptPkcs8(bytes, passphrase))
    default:
      throw invalid(`it is a ${match![1]}, and a private key is wanted`)
  }
}

/** PrivateKeyInfo (RFC 5208, section 5). */
function wrapped(algorithm: Bytes, key: Bytes): Bytes {
  return writeDer(tags.sequence, version0, writeDer(tags.sequence, algorithm), writeDer(tags.octets, key))
}

/** The curve stands in the key's own parameters (RFC 5915, section 3). */
function ecAlgorithm(key: Bytes): Bytes {
  const fields = readDer(readDer(key)?.[0]?.content ?? key)
  const curve = fields?.find(({ tag }) => tag === tags.context0)
  if (curve === undefined) throw invalid('it does not name its curve')
  return Uint8Array.from([...ecPublicKey, ...curve.content])
}

function pem(bytes: Bytes): string {
  return `-----BEGIN PRIVATE KEY-----\n${bytesToBase64(bytes).replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----`
}

function invalid(reason: string): MillraceError {
  return new MillraceError({ code: 'invalid-key', fault: 'config', message: reason })
}
