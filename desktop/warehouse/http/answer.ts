import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { type Writable, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { ClickHouseFailure } from '../engine/failure.ts'
import type { NativeResult } from '../engine/native.ts'
import type { Coding } from './encoding.ts'
import { httpStatus } from './status.ts'

/** What ClickHouse counts of a statement: `X-ClickHouse-Summary`. */
export interface Summary {
  read_rows: number
  read_bytes: number
  written_rows: number
  written_bytes: number
  total_rows_to_read: number
  result_rows: number
  result_bytes: number
  elapsed_ns: number
}

export interface Head {
  queryId: string
  timezone: string
  /** Of the result; undefined for a statement without one. */
  format: { name: string; contentType: string } | undefined
  summary: Summary
}

export const nothing: Summary = {
  read_rows: 0,
  read_bytes: 0,
  written_rows: 0,
  written_bytes: 0,
  total_rows_to_read: 0,
  result_rows: 0,
  result_bytes: 0,
  elapsed_ns: 0,
}

/** Answers with a whole body. */
export async function sendWhole(response: ServerResponse, head: Head, body: Uint8Array, coding: Coding | undefined): Promise<void> {
  const packs = coding !== undefined && 'encoder' in coding && body.length > 0
  const bytes = packs ? await buffer(Readable.from([Buffer.from(body)]).pipe(coding.encoder())) : body
  response.writeHead(200, { ...headers(head), ...(packs ? { 'Content-Encoding': coding.name } : {}), 'Content-Length': bytes.length })
  response.end(response.req.method === 'HEAD' ? undefined : bytes)
}

export interface SendStream {
  stream: Readable
  done: Promise<NativeResult>
  coding: Coding | undefined
  /** Bytes held back before the answer starts. */
  holdBack: number
  /** The head, once the result is known (`whole` is then all of it), or of what is known while it still runs. */
  head: (result: NativeResult | undefined, whole: Buffer | undefined) => Promise<Head>
  /** Ends the query; the stream then ends soon. */
  cancel: () => void
  signal: AbortSignal
}

/**
 * Answers with a result as it comes, as fast as the client takes it. While no more than `holdBack` bytes have come
 * the answer has not begun: a query that fails by then is answered with its error (this function throws it). One
 * that fails later ends in the exception block that ClickHouse's clients look for, and a broken-off answer. Once
 * the signal aborts, the rest of the stream is read and discarded: an engine that nobody reads from would stand still.
 */
export async function sendStream(
  response: ServerResponse,
  { stream, done, coding, holdBack, head, cancel, signal }: SendStream,
): Promise<void> {
  const tag = randomBytes(8).toString('hex')
  let held: Buffer[] = []
  let size = 0
  let sink: Writable | undefined
  let defect: { thrown: unknown } | undefined
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (signal.aborted || defect !== undefined) continue
    if (sink === undefined) {
      held.push(chunk)
      size += chunk.length
      if (size < holdBack) continue
      try {
        sink = begin(response, await head(undefined, undefined), coding, tag)
      } catch (thrown) {
        defect = { thrown }
        cancel()
        continue
      }
      await write(sink, Buffer.concat(held), signal)
      held = []
    } else await write(sink, chunk, signal)
  }
  if (defect !== undefined) throw defect.thrown
  if (signal.aborted) return void (await done.catch(() => undefined))
  if (sink === undefined) {
    const result = await done
    const body = Buffer.concat(held)
    const known = await head(result, coding !== undefined && 'engine' in coding ? undefined : body)
    if (coding !== undefined && 'engine' in coding) response.setHeader('Content-Encoding', coding.name)
    return sendWhole(response, known, body, coding)
  }
  try {
    await done
    sink.end()
  } catch (thrown) {
    const failure = thrown as ClickHouseFailure
    // The engine's own compressed stream has been cut: nothing can be said in it any more.
    if (!(coding !== undefined && 'engine' in coding)) await write(sink, exceptionBlock(tag, failure), signal)
    if (sink !== response) await flushed(sink)
    response.write('', () => response.destroy())
  }
}

function begin(response: ServerResponse, head: Head, coding: Coding | undefined, tag: string): Writable {
  response.writeHead(200, {
    ...headers(head),
    'X-ClickHouse-Exception-Tag': tag,
    ...(coding === undefined ? {} : { 'Content-Encoding': coding.name }),
  })
  if (coding === undefined || 'engine' in coding) return response
  const encoder = coding.encoder()
  encoder.pipe(response)
  return encoder
}

async function write(sink: Writable, chunk: Buffer, signal: AbortSignal): Promise<void> {
  if (sink.destroyed || sink.write(chunk)) return
  await new Promise<void>((resolve) => {
    const settle = () => {
      sink.off('drain', settle)
      signal.removeEventListener('abort', settle)
      resolve()
    }
    sink.once('drain', settle)
    signal.addEventListener('abort', settle, { once: true })
    if (signal.aborted) settle()
  })
}

function flushed(encoder: Writable): Promise<void> {
  return new Promise((resolve) => {
    encoder.once('close', () => resolve())
    ;(encoder as unknown as Readable).once('end', () => resolve())
    encoder.end()
  })
}

/**
 * The end of a result that failed underway, since ClickHouse 25.11 (docs: HTTP interface, "response codes
 * caveats"): the text and its length between the tag that the head announced.
 */
function exceptionBlock(tag: string, failure: ClickHouseFailure): Buffer {
  const text = Buffer.from(failure.message + '\n')
  return Buffer.concat([Buffer.from(`\r\n__exception__\r\n${tag}\r\n`), text, Buffer.from(`${text.length} ${tag}\r\n__exception__\r\n`)])
}

/** Answers with an error: ClickHouse's text, number and status. */
export function sendFailure(response: ServerResponse, failure: ClickHouseFailure, version: string, queryId?: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const status = httpStatus(failure.code)
  const body = Buffer.from(`${failure.message} (version ${version})\n`)
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': body.length,
    'X-ClickHouse-Server-Display-Name': displayName,
    'X-ClickHouse-Exception-Code': failure.code,
    ...(queryId === undefined ? {} : { 'X-ClickHouse-Query-Id': headerText(queryId), 'X-ClickHouse-Summary': summaryText(nothing) }),
    ...(status === 401 ? { 'WWW-Authenticate': 'Basic realm="Millrace local warehouse"' } : {}),
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

export const displayName = 'millrace'

function headers({ queryId, timezone, format, summary }: Head): Record<string, string> {
  return {
    'Content-Type': format?.contentType ?? 'text/plain; charset=UTF-8',
    'X-ClickHouse-Server-Display-Name': displayName,
    'X-ClickHouse-Query-Id': headerText(queryId),
    'X-ClickHouse-Timezone': timezone,
    ...(format === undefined ? {} : { 'X-ClickHouse-Format': format.name }),
    'X-ClickHouse-Summary': summaryText(summary),
  }
}

/** Headers are bytes: UTF-8, as ClickHouse sends them. */
function headerText(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function summaryText(summary: Summary): string {
  return JSON.stringify(Object.fromEntries(Object.entries(summary).map(([name, value]) => [name, String(value)])))
}
