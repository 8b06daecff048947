import { MillraceError, toMillraceError } from '#core/lib/error.ts'
import { backoffDelay } from '#core/lib/retry.ts'
import type { Runtime } from '#core/lib/runtime.ts'
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
