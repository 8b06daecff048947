import { type Bytes, joined } from '#core/lib/bytes.ts'
import { MillraceError } from '#core/lib/error.ts'
import { fail, ok, type Result } from '#core/lib/result.ts'

/**
 * The body of a request as text, unpacked, never holding more than `maxBytes` of it. Fails with `too-large` (413),
 * `malformed-gzip` (400) or `unknown-encoding` (415).
 * @param headers of the request, where they are at hand
 */
export async function readBody(request: Request, maxBytes: number, headers: Headers = request.headers): Promise<Result<string>> {
  const body = open(request, headers, maxBytes)
  if (!body.ok) return body
  if (body.value === 'declared') return request.text().then(ok, cutShort)
  const decoder = new TextDecoder()
  let text = ''
  const read = await readCapped(body.value, maxBytes, (bytes) => (text += decoder.decode(bytes, { stream: true })))
  return read.ok ? ok(text + decoder.decode()) : read
}

/** The same body as the bytes it is, for who has to check a signature over it. */
export async function readBytes(request: Request, maxBytes: number): Promise<Result<Bytes>> {
  const body = open(request, request.headers, maxBytes)
  if (!body.ok) return body
  if (body.value === 'declared') return request.arrayBuffer().then((bytes) => ok(new Uint8Array(bytes)), cutShort)
  const parts: Uint8Array[] = []
  const read = await readCapped(body.value, maxBytes, (bytes) => parts.push(bytes))
  return read.ok ? ok(joined(parts)) : read
}

/** What there is to read: `declared` where the runtime keeps the body to the length it declares, else a stream to be counted. */
function open(request: Request, headers: Headers, maxBytes: number): Result<'declared' | ReadableStream<Uint8Array>> {
  const length = Number(headers.get('content-length') ?? Number.NaN)
  if (length > maxBytes) return fail(tooLarge(maxBytes))
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') {
    return ok(length >= 0 || request.body === null ? 'declared' : request.body)
  }
  if (encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'deflate') {
    return fail(
      new MillraceError({
        code: 'unknown-encoding',
        fault: 'config',
        message: `Content-Encoding ${encoding.slice(0, 50)} is not gzip or deflate.`,
      }),
    )
  }
  if (request.body === null) return ok('declared')
  return ok(request.body.pipeThrough(new DecompressionStream(encoding === 'deflate' ? 'deflate' : 'gzip')))
}

async function readCapped(stream: ReadableStream<Uint8Array>, maxBytes: number, take: (bytes: Uint8Array) => void): Promise<Result<void>> {
  const reader = stream.getReader()
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return ok(undefined)
      bytes += value.byteLength
      if (bytes > maxBytes) {
        reader.releaseLock()
        await drain(stream)
        return fail(tooLarge(maxBytes))
      }
      take(value)
    }
  } catch (cause) {
    return fail(new MillraceError({ code: 'malformed-gzip', fault: 'config', message: 'The body could not be unpacked.', cause }))
  }
}

/** The sender went, or closed its side, before all it had declared. */
function cutShort(cause: unknown): Result<never> {
  return fail(new MillraceError({ code: 'incomplete-body', fault: 'transient', message: 'The body ended before its length.', cause }))
}

/** What of a body that nobody wants is read nevertheless, in bytes. */
const maxDrained = 64 * 1024 * 1024

/**
 * Reads a body to its end and drops it. A server that answers and closes while its client still writes makes many
 * clients see a broken connection in place of the answer, and try again for ever.
 */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader()
  try {
    for (let bytes = 0; bytes <= maxDrained;) {
      const { done, value } = await reader.read()
      if (done) return
      bytes += value.byteLength
    }
    await reader.cancel()
  } catch {
    // The client has gone, or what it packed is broken: there is nothing left to drain.
  }
}

function tooLarge(maxBytes: number): MillraceError {
  return new MillraceError({
    code: 'too-large',
    fault: 'config',
    message: `The body is larger than ${maxBytes} bytes.`,
    mend: 'Send smaller batches.',
  })
}
