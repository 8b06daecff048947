import { blake2b, blake2s } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js'
import { sha3_224, sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { bounded, joinBounded } from '../budget.ts'
import { pairs } from '../method/collection.ts'
import { refuseUndefined } from '../kind.ts'
import { isTrue } from '../operate.ts'
import { ExpressionError } from '../problem.ts'
import { toText } from '../text.ts'
import { Dict, List, type Value } from '../value.ts'
import { type Filter, wantText } from './define.ts'
import { pythonJson } from './json.ts'
import { quote } from '../quote.ts'

/** hashlib's. */
const hashes: Record<string, (data: Uint8Array) => Uint8Array> = {
  md5,
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  sha3_224,
  sha3_256,
  sha3_384,
  sha3_512,
  blake2b,
  blake2s,
}

/** The filters that write a value in another form: hashed, encoded, as JSON. */
export const encodeFilters: Record<string, Filter> = {
  base64encode: (value) => base64(utf8(wantText('base64encode', value))),
  base64decode: (value) => decodeBase64(wantText('base64decode', value)),
  // The CDK's, whose name says one thing and whose code does the other: it encodes.
  base64binascii_decode: (value) => base64(utf8(wantText('base64binascii_decode', value))),
  hash: (value, args, { budget }) => {
    const name = args.text('hash_type', 'md5')
    const algorithm = Object.hasOwn(hashes, name) ? hashes[name] : undefined
    if (algorithm === undefined) throw new ExpressionError('unknown', `there is no hash "${name}"`)
    const salt = args.optional('salt')
    return bytesToHex(algorithm(utf8(toText(value, budget) + (salt === undefined || !isTrue(salt) ? '' : toText(salt, budget)))))
  },
  hmac: (value, args, { budget }) => {
    const key = toText(args.required('key'), budget)
    if (args.text('hash_type', 'sha256') !== 'sha256') throw new ExpressionError('type', 'hmac knows only sha256')
    return bytesToHex(hmac(sha256, utf8(key), utf8(toText(value, budget))))
  },
  // The CDK's own: JSON of anything but a str, in triple quotes so that literal evaluation keeps it a text.
  string: (value, _, { budget }) => {
    refuseUndefined(value)
    return typeof value === 'string' ? value : `"""${pythonJson(value, {}, budget)}"""`
  },
  tojson: (value, args, { budget }) => {
    refuseUndefined(value)
    const indent = args.optional('indent') ?? null
    const spaces = indent === null ? undefined : Math.min(20, Number(toText(indent)))
    const text = pythonJson(value, { sorted: true, ...(spaces === undefined ? {} : { indent: spaces }) }, budget)
    return bounded(
      text
        .replaceAll('<', String.raw`\u003c`)
        .replaceAll('>', String.raw`\u003e`)
        .replaceAll('&', String.raw`\u0026`)
        .replaceAll("'", String.raw`\u0027`),
    )
  },
  urlencode: (value, _, { budget }) => {
    if (!(value instanceof Dict || value instanceof List)) return bounded(quote(toText(value, budget), '/'))
    const encode = (part: Value) => quote(toText(part, budget), '').replaceAll('%20', '+')
    return joinBounded(
      pairs(value).map(([key, item]) => `${encode(key)}=${encode(item)}`),
      '&',
    )
  },
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function base64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (const byte of bytes) parts.push(String.fromCodePoint(byte))
  return btoa(parts.join(''))
}

/** base64.b64decode: what is not of its alphabet is passed over; the padding has to be there. */
function decodeBase64(text: string): string {
  const digits = text.replaceAll(/[^A-Za-z0-9+/=]/g, '')
  const body = digits.replace(/=[\s\S]*$/, '')
  try {
    if (digits.length % 4 !== 0 && body.length % 4 !== 0) throw new TypeError('padding')
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(atob(body), (character) => character.codePointAt(0)!),
    )
  } catch {
    throw new ExpressionError('type', 'the text is not base64 of UTF-8')
  }
}
