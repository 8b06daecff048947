import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { Clock } from '#core/lib/runtime.ts'
import type { S3Config } from './config.ts'

/** A certificate for *.s3.region.amazonaws.com does not cover a bucket with dots, so such a one stands in the path. */
function baseUrl(bucket: string, config: S3Config): URL {
  const endpoint = new URL(config.endpoint ?? `https://s3.${config.region}.amazonaws.com`)
  if (config.path_style ?? (config.endpoint !== undefined || bucket.includes('.'))) {
    endpoint.pathname = `${endpoint.pathname.replace(/\/$/, '')}/${bucket}/`
  } else endpoint.hostname = `${bucket}.${endpoint.hostname}`
  return endpoint
}

/** Requests signed by Signature Version 4 ("Authenticating Requests: Using the Authorization Header"); anonymous without a key. */
export function s3Requests(bucket: string, config: S3Config, clock: Clock) {
  const base = baseUrl(bucket, config)
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
  /** A GET of a key, or of the bucket with a query. Only the host is signed: proxies may change other headers. */
  return async (key: string, query: Record<string, string>, headers: Record<string, string>, signal: AbortSignal): Promise<Request> => {
    const path = base.pathname + key.split('/').map(encode).join('/')
    const search = Object.entries(query).map(([name, value]) => `${name}=${encode(value)}`)
    const unsigned = { method: 'GET', protocol: base.protocol, hostname: base.hostname, path, query, headers: { host: base.host } }
    const signed = await signature?.sign(unsigned, { signingDate: new Date(clock.now()) })
    const { host: _, ...proof } = signed?.headers ?? unsigned.headers
    return new Request(`${base.origin}${path}${search.length === 0 ? '' : `?${search.join('&')}`}`, {
      headers: { ...headers, ...proof },
      signal,
    })
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
