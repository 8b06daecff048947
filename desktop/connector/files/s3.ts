import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { XMLParser } from 'fast-xml-parser'
import picomatch from 'picomatch'
import { MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { ask, partOf, rangeOf } from './answer.ts'
import type { S3Config } from './config.ts'
import type { FileStore, StoredFile } from './stored-file.ts'
import { storeRetry } from './store-retry.ts'

/** The objects of a bucket (Amazon S3 API reference: ListObjectsV2, GetObject), at Amazon or at an endpoint that speaks the same. */
export function s3Store(location: string, config: S3Config, runtime: Runtime): FileStore {
  const { bucket, prefix } = placeOf(location)
  const base = baseUrl(bucket, config)
  const sign = signer(config, runtime)
  const send = async (name: string, path: string, query: Record<string, string>, headers: Record<string, string>, signal: AbortSignal) =>
    ask(name, await sign(base, path, query, headers, signal), runtime)

  async function* keysBelow(keyPrefix: string, signal: AbortSignal): AsyncGenerator<S3Object> {
    let token: string | undefined
    do {
      const query = {
        'list-type': '2',
        'encoding-type': 'url',
        prefix: keyPrefix,
        ...(token === undefined ? {} : { 'continuation-token': token }),
      }
      const text = await storeRetry({ ...runtime, signal }, async () => {
        const response = await send(`s3://${bucket}/${keyPrefix}`, '', query, {}, signal)
        return response.text()
      })
      const page = readPage(text, bucket)
      yield* page.objects
      token = page.next
    } while (token !== undefined)
  }

  return {
    async list(patterns, signal) {
      const found = new Map<string, StoredFile>()
      for (const pattern of patterns) {
        const { base: start, isGlob } = picomatch.scan(pattern)
        const matches = isGlob ? picomatch(pattern) : (name: string) => name === pattern
        const below = isGlob ? (start === '' ? '' : `${start}/`) : pattern
        for await (const { key, size, modifiedAt, version } of keysBelow(prefix + below, signal)) {
          const name = key.slice(prefix.length)
          // A key that ends in a slash is what consoles make to show a folder.
          if (matches(name) && !name.endsWith('/')) found.set(name, { name, size, modifiedAt, version })
        }
      }
      return [...found.values()]
    },
    async open(file, start, end, signal) {
      const headers = { 'if-match': file.version!, ...rangeOf(start, end) }
      return partOf(file, await send(file.name, prefix + file.name, {}, headers, signal), start, signal)
    },
  }
}

interface S3Object {
  key: string
  size: number
  modifiedAt: number
  version: string
}

const xml = new XMLParser({ parseTagValue: false, isArray: (name) => name === 'Contents' })

function readPage(text: string, bucket: string): { objects: S3Object[]; next: string | undefined } {
  const result = (xml.parse(text) as { ListBucketResult?: Record<string, unknown> }).ListBucketResult
  if (result === undefined) {
    throw new MillraceError({
      code: 'store-refused',
      fault: 'config',
      message: `The answer to a listing of the bucket ${bucket} is none that S3 gives.`,
      mend: 'Check s3.endpoint: it is to be the address of an S3 API.',
    })
  }
  const contents = (result.Contents ?? []) as Record<'Key' | 'Size' | 'LastModified' | 'ETag', string>[]
  const objects = contents.map(({ Key, Size, LastModified, ETag }) => ({
    key: decodeURIComponent(Key.replaceAll('+', ' ')),
    size: Number(Size),
    modifiedAt: Date.parse(LastModified),
    version: ETag.replaceAll('&quot;', '"'),
  }))
  return { objects, next: result.IsTruncated === 'true' ? String(result.NextContinuationToken) : undefined }
}

function placeOf(location: string): { bucket: string; prefix: string } {
  const [, bucket, path = ''] = /^s3:\/\/([^/]+)\/?(.*)$/s.exec(location) ?? []
  if (bucket === undefined) {
    throw new MillraceError({
      code: 'invalid-config',
      fault: 'config',
      message: `${location} names no bucket.`,
      mend: 'Write s3://bucket/prefix.',
    })
  }
  return { bucket, prefix: path === '' || path.endsWith('/') ? path : `${path}/` }
}

/** A certificate for *.s3.region.amazonaws.com does not cover a bucket with dots, so such a one stands in the path. */
function baseUrl(bucket: string, config: S3Config): URL {
  const endpoint = new URL(config.endpoint ?? `https://s3.${config.region}.amazonaws.com`)
  if (config.path_style ?? (config.endpoint !== undefined || bucket.includes('.'))) {
    endpoint.pathname = `${endpoint.pathname.replace(/\/$/, '')}/${bucket}/`
  } else endpoint.hostname = `${bucket}.${endpoint.hostname}`
  return endpoint
}

/** Requests signed by Signature Version 4 ("Authenticating Requests: Using the Authorization Header"); anonymous without a key. */
function signer(config: S3Config, { clock }: Runtime) {
  const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: sessionToken } = config
  const signature =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : new SignatureV4({
          service: 's3',
          region: config.region,
          credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
          sha256: Sha256,
          uriEscapePath: false,
        })
  return async (base: URL, key: string, query: Record<string, string>, headers: Record<string, string>, signal: AbortSignal) => {
    const path = base.pathname + key.split('/').map(encode).join('/')
    const search = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`)
    const plain = { ...headers, host: base.host, 'accept-encoding': 'identity' }
    const unsigned = { method: 'GET', protocol: base.protocol, hostname: base.hostname, path, query, headers: plain }
    const signed = await signature?.sign(unsigned, { signingDate: new Date(clock.now()) })
    const { host: _, ...sent } = signed?.headers ?? plain
    return new Request(`${base.origin}${path}${search.length === 0 ? '' : `?${search.join('&')}`}`, { headers: sent, signal })
  }
}

/** As AWS wants paths and queries encoded: all but unreserved characters (RFC 3986, 2.3). */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** SHA-256, with a secret as HMAC, in the form that the signer wants. */
class Sha256 {
  private readonly hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(secret))
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest()
  }

  reset(): void {}
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data)
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
