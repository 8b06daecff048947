import { MillraceError } from '../../../lib/error.ts'

/** A body up to this size is read whole before any of it is used, so that one that breaks off can be asked for again. */
const heldBytes = 8_000_000

/**
 * The bytes of a body. Throws as fetch does when the held part breaks off; later, `source-unavailable`
 * (transient), since records before the break have been handed on by then.
 */
export async function bodyBytes(response: Response): Promise<AsyncIterable<Uint8Array>> {
  if (response.body === null) return bytesOf([])
  const reader = response.body.getReader()
  const held: Uint8Array[] = []
  let size = 0
  while (size < heldBytes) {
    const { done, value } = await reader.read()
    if (done) return bytesOf(held)
    held.push(value)
    size += value.length
  }
  return continued(held, reader)
}

async function* bytesOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

async function* continued(held: Uint8Array[], reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let chunk = held.shift(); chunk !== undefined; chunk = held.shift()) yield chunk
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } catch (thrown) {
    throw new MillraceError({
      code: 'source-unavailable',
      fault: 'transient',
      message: 'The answer broke off in the middle.',
      mend: 'Run it again later.',
      cause: thrown,
    })
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** The bytes as text, piece by piece. */
export async function* textOf(bytes: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true })
  yield decoder.decode()
}

export async function wholeText(bytes: AsyncIterable<Uint8Array>, encoding = 'utf-8'): Promise<string> {
  const parts: string[] = []
  for await (const part of textOf(bytes, encoding)) parts.push(part)
  return parts.join('')
}

/** A body that is not what the decoder reads: it may be an intermediary's page, so it may be right the next time. */
export function unreadableBody(what: string, cause?: unknown): MillraceError {
  const reason = cause instanceof Error ? ` (${cause.message.slice(0, 200)})` : ''
  return new MillraceError({
    code: 'source-answer',
    fault: 'transient',
    message: `The answer of the API is not ${what}${reason}.`,
    mend: 'Check the decoder in the manifest; if it is right, run it again later.',
    cause,
  })
}
