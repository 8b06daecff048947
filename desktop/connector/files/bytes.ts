import { pipeline, Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { backoffDelay } from '#core/lib/retry.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import type { StreamConfig } from './config.ts'
import { storePolicy } from './store-retry.ts'
import type { FileStore, StoredFile } from './stored-file.ts'

/**
 * A file's bytes from `start` to `end` (exclusive; to its end without one), whole or not at all: a
 * connection that breaks is taken up where it broke while the file is still the version listed.
 */
export async function* readBytes(
  store: FileStore,
  file: StoredFile,
  runtime: Runtime,
  start = 0,
  end?: number,
): AsyncGenerator<Uint8Array> {
  let position = start
  for (let failures = 0; ;) {
    try {
      const part = await store.open(file, position, end, runtime.signal)
      let surplus = position - part.start
      for await (const bytes of part.bytes) {
        const dropped = Math.min(surplus, bytes.length)
        surplus -= dropped
        const wanted = bytes.subarray(dropped, end === undefined ? undefined : dropped + end - position)
        if (wanted.length === 0) continue
        position += wanted.length
        failures = 0
        yield wanted
      }
      if (position < (end ?? part.size ?? 0)) throw truncated(file.name)
      return
    } catch (thrown) {
      const error = toMillraceError(thrown)
      failures++
      // Without a version nothing says that the rest belongs to what was read.
      const canGoOn = error.code !== 'file-changed' && (position === start || file.version !== undefined)
      if (!error.retryable || !canGoOn || failures >= storePolicy.attempts) throw error
      await runtime.clock.sleep(backoffDelay(storePolicy, failures, runtime.random, error.retryAfter), runtime.signal)
    }
  }
}

function truncated(name: string): MillraceError {
  return new MillraceError({ code: 'file-truncated', fault: 'transient', message: `${name} ended before its end.` })
}

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
  const inflater = kind === 'gzip' ? createGunzip() : createZstdDecompress()
  // A failure of the input destroys the inflater with it, so that it is met below.
  pipeline(Readable.from(bytes, { objectMode: false }), inflater, () => undefined)
  try {
    yield* inflater as AsyncIterable<Uint8Array>
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

/** Bytes as text. Bytes that are none in the encoding end it: replacing them would lose them without a word. */
export async function* decode(bytes: AsyncIterable<Uint8Array>, name: string, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  let position = 0
  const wrong = (cause: unknown) =>
    new MillraceError({
      code: 'wrong-encoding',
      fault: 'config',
      message: `${name} is not written in ${encoding}, as its bytes after ${position} show.`,
      mend: 'Set encoding of the stream, to windows-1252 for example.',
      cause,
    })
  for await (const chunk of bytes) {
    let text: string
    try {
      text = decoder.decode(chunk, { stream: true })
    } catch (cause) {
      throw wrong(cause)
    }
    position += chunk.length
    if (text !== '') yield text
  }
  try {
    const rest = decoder.decode()
    if (rest !== '') yield rest
  } catch (cause) {
    throw wrong(cause)
  }
}
