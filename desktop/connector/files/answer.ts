import { cancelled, MillraceError } from '#core/lib/error.ts'
import type { Runtime } from '#core/lib/runtime.ts'
import { fileChanged, fileGone, type FilePart, noAccess, type StoredFile } from './stored-file.ts'

/** Statuses after which the same request may pass: timeout, too early, too many (RFC 9110, RFC 8470, RFC 6585). */
const passing = new Set([408, 425, 429])

/**
 * The answer to a request; throws where there is none, or where its status is a failure that is not about
 * ranges or versions. A redirect is returned where the request does not follow it by itself.
 */
export async function ask(name: string, request: Request, runtime: Runtime): Promise<Response> {
  let response: Response
  try {
    response = await runtime.fetch(request)
  } catch (thrown) {
    throw lost(name, thrown, request.signal)
  }
  const { status } = response
  const isRedirect = status >= 300 && status < 400 && response.headers.has('location')
  if (response.ok || isRedirect || status === 412 || status === 416) return response
  await response.body?.cancel()
  if (status === 404 || status === 410) throw fileGone(name)
  // S3 names the region of a bucket that was asked for in another ("Virtual hosting of buckets", "HTTP 301").
  const region = response.headers.get('x-amz-bucket-region')
  if (status === 301 && region !== null) throw wrongRegion(name, region)
  if (status === 401 || status === 403) throw noAccess(name)
  const isPassing = status >= 500 || passing.has(status)
  throw new MillraceError({
    code: isPassing ? 'store-unavailable' : 'store-refused',
    fault: isPassing ? 'transient' : 'config',
    message: `${name}: the server answered ${status}.`,
    retryAfter: retryAfter(response, runtime.clock.now()),
  })
}

/**
 * The headers that ask for a part of a file, or for the whole, as it is stored: the sizes and positions are
 * to be those of the file. With a range fetch says so by itself (Fetch standard, "HTTP-network-or-cache fetch").
 */
export function partHeaders(start: number, end: number | undefined): Record<string, string> {
  if (start === 0 && end === undefined) return { 'accept-encoding': 'identity' }
  return { range: `bytes=${start}-${end === undefined ? '' : end - 1}` }
}

/** What a response says of its file. `version` is its ETag, else its time with its size. */
export function fileOf(name: string, { headers, status }: Response): StoredFile {
  const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]
  // Of an encoded body the length is not the file's.
  const length = status === 200 && !headers.has('content-encoding') ? (headers.get('content-length') ?? undefined) : undefined
  const size = total ?? length
  const modified = headers.get('last-modified')
  const time = Date.parse(modified ?? '')
  // A weak tag promises less than the same bytes (RFC 9110, 8.8.1), but that of a changed file differs.
  const tag = headers.get('etag') ?? ([modified, size].some((part) => part != null) ? `${modified ?? ''} ${size ?? ''}` : undefined)
  return {
    name,
    size: size === undefined ? undefined : Number(size),
    modifiedAt: Number.isNaN(time) ? undefined : time,
    version: tag,
  }
}

/** A file's part from the answer to a request for it, checked to be of the version that was listed. */
export async function partOf(file: StoredFile, response: Response, asked: number, signal: AbortSignal): Promise<FilePart> {
  const current = fileOf(file.name, response)
  if (response.status === 412 || (current.version !== file.version && response.status !== 416)) {
    await response.body?.cancel()
    throw fileChanged(file.name)
  }
  if (response.status === 416) {
    await response.body?.cancel()
    // Nothing from there on: right for an empty file, and for one that was read to its end.
    if (asked > (current.size ?? 0)) throw fileChanged(file.name)
    return { start: asked, size: current.size, bytes: (async function* () {})() }
  }
  const from = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]
  const start = response.status === 206 ? Number(from ?? asked) : 0
  return { start, size: current.size, bytes: body(file.name, response, signal) }
}

async function* body(name: string, response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (response.body === null) return
  const reader = response.body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } catch (thrown) {
    throw lost(name, thrown, signal)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function lost(name: string, thrown: unknown, signal: AbortSignal): MillraceError {
  if (thrown instanceof MillraceError) return thrown
  if (signal.aborted) return cancelled('The work was cancelled.', thrown)
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown
  const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
  return new MillraceError({ code: 'store-unreachable', fault: 'transient', message: `${name}: the connection was lost: ${reason}`, cause })
}

function wrongRegion(name: string, region: string): MillraceError {
  return new MillraceError({
    code: 'wrong-region',
    fault: 'config',
    message: `${name}: the bucket is in the region ${region}.`,
    mend: `Set s3.region: ${region}.`,
  })
}

/** Seconds: a number of them, or a date (RFC 9110, 10.2.3). */
function retryAfter({ headers }: Response, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim()
  if (value === undefined) return undefined
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - now) / 1000
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined
}
