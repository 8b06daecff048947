import { Unzip, type UnzipFile, UnzipInflate } from 'fflate'
import { unreadableBody } from './body.ts'

/** The bytes decompressed when they are gzip (RFC 1952 begins it with 1f 8b); as they are when fetch has done it already. */
export async function* gunzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = bytes[Symbol.asyncIterator]()
  const first = await source.next()
  const all = (async function* () {
    try {
      if (first.done !== true) yield first.value
      for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value
    } finally {
      await source.return?.()
    }
  })()
  if (first.done === true || first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* all
    return
  }
  const { readable, writable } = new DecompressionStream('gzip')
  const writer = writable.getWriter()
  const pump = (async () => {
    for await (const chunk of all) await writer.write(chunk as Uint8Array<ArrayBuffer>)
    await writer.close()
  })()
  // The reader below is told of the same failure.
  pump.catch((thrown) => writer.abort(thrown).catch(() => undefined))
  const reader = readable.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } catch (thrown) {
    throw unreadableBody('gzip', thrown)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

type Piece = { file: UnzipFile } | { bytes: Uint8Array } | { end: true }

/** The files of a zip, one after the other; each is to be read to its end before the next. Folders are left out. */
export async function* unzipped(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<AsyncIterable<Uint8Array>> {
  const pieces: Piece[] = []
  let failure: unknown
  let found = false
  const unzip = new Unzip((file) => {
    found = true
    if (file.name.endsWith('/') || file.name.startsWith('__MACOSX/')) return
    pieces.push({ file })
    file.ondata = (error, data, isLast) => {
      if (error) failure = error
      else if (data.length > 0) pieces.push({ bytes: data })
      if (isLast) pieces.push({ end: true })
    }
    file.start()
  })
  unzip.register(UnzipInflate)
  const source = bytes[Symbol.asyncIterator]()
  let isDone = false
  const next = async (): Promise<Piece | undefined> => {
    while (pieces.length === 0 && !isDone) {
      const { done, value } = await source.next()
      isDone = done === true
      try {
        if (!isDone) for (const part of small(value as Uint8Array)) unzip.push(part)
      } catch (thrown) {
        failure = thrown
      }
      if (failure !== undefined) throw unreadableBody('a zip', failure)
    }
    return pieces.shift()
  }
  async function* content(): AsyncGenerator<Uint8Array> {
    for (let piece = await next(); piece !== undefined; piece = await next()) {
      if ('end' in piece) return
      if ('bytes' in piece) yield piece.bytes
    }
    throw unreadableBody('a whole zip')
  }
  try {
    for (let piece = await next(); piece !== undefined; piece = await next()) if ('file' in piece) yield content()
  } finally {
    await source.return?.()
  }
  if (!found) throw unreadableBody('a zip')
}

/** In small parts: each may become a thousand times its size. */
function* small(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 16_384) yield bytes.subarray(start, start + 16_384)
}
