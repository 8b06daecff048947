import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { MillraceError } from '#core/lib/error.ts'
import type { StreamConfig } from './config.ts'

/**
 * The bytes of a file that may be compressed, by setting or ending. A file that only its ending says to be
 * is looked at first: web servers send .gz files under a Content-Encoding, so that they arrive unpacked.
 */
export function decompress(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  compression: StreamConfig['compression'],
): AsyncIterable<Uint8Array> {
  const kind = compression === 'auto' ? compressionOf(name) : compression
  if (kind === 'none') return bytes
  return compression === 'auto' ? inflateIfPacked(bytes, name, kind) : inflate(bytes, name, kind)
}

async function* inflateIfPacked(bytes: AsyncIterable<Uint8Array>, name: string, kind: 'gzip' | 'zstd'): AsyncGenerator<Uint8Array> {
  const [first, rest] = await beginning(bytes)
  const isPacked = magics[kind].some((magic) => Buffer.from(first.subarray(0, magic.length)).equals(Buffer.from(magic)))
  yield* isPacked ? inflate(rest, name, kind) : rest
}

/** How they begin: RFC 1952, 2.3.1; RFC 8878, 3.1.1 and, for a frame that is skipped, 3.1.2, of which pzstd writes the first kind. */
const magics = {
  gzip: [[0x1f, 0x8b]],
  zstd: [
    [0x28, 0xb5, 0x2f, 0xfd],
    [0x50, 0x2a, 0x4d, 0x18],
  ],
}

/** At least the first four bytes, where there are so many, and all of them again. */
async function beginning(bytes: AsyncIterable<Uint8Array>): Promise<[Uint8Array, AsyncIterable<Uint8Array>]> {
  const iterator = bytes[Symbol.asyncIterator]()
  let first: Uint8Array = new Uint8Array()
  while (first.length < 4) {
    const { done, value } = await iterator.next()
    if (done === true) break
    first = Buffer.concat([first, value])
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield first
      yield* { [Symbol.asyncIterator]: () => iterator }
    } finally {
      await iterator.return?.()
    }
  }
  return [first, all()]
}

export function compressionOf(name: string): 'none' | 'gzip' | 'zstd' {
  if (/\.(gz|gzip)$/i.test(name)) return 'gzip'
  return /\.(zst|zstd)$/i.test(name) ? 'zstd' : 'none'
}

async function* inflate(bytes: AsyncIterable<Uint8Array>, name: string, kind: 'gzip' | 'zstd'): AsyncGenerator<Uint8Array> {
  try {
    yield* kind === 'gzip' ? gunzip(bytes) : unzstd(bytes)
  } catch (thrown) {
    if (!(thrown instanceof Error) || !('code' in thrown) || !/^(Z|ZSTD)_/i.test(String(thrown.code))) throw thrown
    throw new MillraceError({
      code: 'file-damaged',
      fault: 'config',
      // A file that is still being written ends early.
      retryable: thrown.code === 'Z_BUF_ERROR',
      message: `${name} is no whole ${kind} file: ${thrown.message}.`,
      mend: 'Write it anew, or set compression of the stream.',
      cause: thrown,
    })
  }
}

function gunzip(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const inflater = createGunzip()
  // A failure of the input destroys the inflater with it, so that it is met by who reads.
  pipeline(Readable.from(bytes, { objectMode: false }), inflater, () => undefined)
  return inflater
}

/**
 * Frame by frame (RFC 8878, 3.1: a file may have several): Node's decompressor ends with the first
 * that ends within a chunk, and would leave out the rest without a word.
 */
async function* unzstd(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]()
  try {
    let rest: Uint8Array | undefined
    do {
      const inflater = createZstdDecompress()
      const feeding = feed(inflater, chunks, rest)
      feeding.catch((thrown: Error) => inflater.destroy(thrown))
      yield* inflater as AsyncIterable<Uint8Array>
      rest = await feeding
    } while (rest !== undefined)
  } finally {
    await chunks.return?.()
  }
}

/** Writes until the input or the frame ends; answers what of the input comes after the frame. */
async function feed(
  inflater: ReturnType<typeof createZstdDecompress>,
  chunks: AsyncIterator<Uint8Array>,
  first: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  let chunk = first
  for (;;) {
    if (chunk === undefined) {
      const next = await chunks.next()
      if (next.done === true) break
      chunk = next.value
    }
    const before = inflater.bytesWritten
    const written = chunk
    // Its failure is met by who reads.
    await new Promise<void>((resolve) => inflater.write(written, () => resolve()))
    const used = inflater.bytesWritten - before
    if (used < chunk.length) return chunk.subarray(used)
    chunk = undefined
  }
  inflater.end()
  return undefined
}
