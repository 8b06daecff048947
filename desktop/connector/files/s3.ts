import { XMLParser } from 'fast-xml-parser'
import picomatch from 'picomatch'
import { MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { ask, partHeaders, partOf } from './answer.ts'
import type { S3Config } from './config.ts'
import { matcher } from './matcher.ts'
import { s3Requests } from './s3-request.ts'
import type { FileStore, StoredFile } from './stored-file.ts'
import { storeRetry } from './store-retry.ts'

/** The objects of a bucket (Amazon S3 API reference: ListObjectsV2, GetObject), at Amazon or at an endpoint that speaks the same. */
export function s3Store(location: string, config: S3Config, runtime: Runtime): FileStore {
  const { bucket, prefix } = placeOf(location)
  const request = s3Requests(bucket, config, runtime.clock)

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
        const response = await ask(`s3://${bucket}/${keyPrefix}`, await request('', query, {}, signal), runtime)
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
        const matches = matcher(pattern)
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
      const headers = { 'if-match': file.version!, ...partHeaders(start, end) }
      return partOf(file, await ask(file.name, await request(prefix + file.name, {}, headers, signal), runtime), start, signal)
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
