import type { Readable, Transform } from 'node:stream'
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
  createZstdCompress,
  createZstdDecompress,
} from 'node:zlib'
import { ClickHouseFailure } from '../engine/failure.ts'

/** A content coding by the name HTTP gives it, and how it is done: here by Node's zlib, or by the engine where zlib has not got it. */
export type Coding = { name: string; encoder: () => Transform } | { name: 'lz4' | 'xz'; engine: 'lz4' | 'xz' }

// ClickHouse's chooseHTTPCompressionMethod takes the first of this order that the client names, and weighs nothing.
const encoders: Record<string, () => Transform> = {
  // Its default level is 3 (http_zlib_compression_level).
  br: () => createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  gzip: () => createGzip({ level: 3 }),
  deflate: () => createDeflate({ level: 3 }),
  zstd: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } }),
}

export function chooseCoding(acceptEncoding: string | undefined): Coding | undefined {
  const accepted = new Set(
    (acceptEncoding ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => part.split(';')[0]!.trim()),
  )
  for (const [name, encoder] of Object.entries(encoders)) if (accepted.has(name)) return { name, encoder }
  if (accepted.has('lz4')) return { name: 'lz4', engine: 'lz4' }
  if (accepted.has('xz')) return { name: 'xz', engine: 'xz' }
  return undefined
}

const decoders: Record<string, () => Transform> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

// By the engine: only where the whole body is data.
const engineCodings = new Set(['lz4', 'xz', 'bz2', 'snappy'])

/** A request's body, unpacked; `engine` names a coding that is left to the engine. Throws for an unknown coding. */
export function decodeBody(body: Readable, contentEncoding: string | undefined): { body: Readable; engine: string | undefined } {
  const coding = contentEncoding?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return { body, engine: undefined }
  if (engineCodings.has(coding)) return { body, engine: coding }
  const decoder = decoders[coding]
  if (decoder === undefined)
    throw new ClickHouseFailure(48, 'NOT_IMPLEMENTED', `Unknown compression method '${coding}' of Content-Encoding.`)
  const decoded = decoder()
  // It may break when nobody reads it (yet, or any more); whoever does hears of it besides.
  decoded.on('error', () => {})
  body.once('error', (error) => decoded.destroy(error))
  body.once('close', () => {
    if (!body.readableEnded) decoded.destroy(new Error('the request was cut off'))
  })
  return { body: body.pipe(decoded), engine: undefined }
}
