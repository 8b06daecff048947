import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { decodeBody } from './encoding.ts'
import { type ExternalTable, readForm } from './form.ts'

/** How long an upload may stand still, in milliseconds (ClickHouse's http_receive_timeout). */
const receiveTimeout = 30_000

/** What came with a request. */
export interface Upload {
  body: Readable
  /** A coding that is left to the engine. */
  compression: string | undefined
  tables: ExternalTable[]
}

/** The body, unpacked; a form's fields go to `params` instead, its files to `tables`. */
export async function readUpload(request: IncomingMessage, params: URLSearchParams): Promise<Upload> {
  watchUpload(request)
  const { body, engine } = decodeBody(request, request.headers['content-encoding'])
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) return { body, compression: engine, tables: [] }
  const form = await readForm(body, type, params)
  for (const [name, value] of form.params) params.append(name, value)
  return { body, compression: undefined, tables: form.tables }
}

/** Gives up an upload that stands still while we wait for it (a paused one waits for the engine). */
function watchUpload(request: IncomingMessage): void {
  request.setTimeout(receiveTimeout, () => {
    if (request.readableEnded) return
    if (request.readableLength === 0) request.destroy(new Error('the upload stood still'))
    else watchUpload(request)
  })
}

/** Reads and forgets what is left of a body, so that an early answer reaches its client and the connection stays usable. */
export function discard(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return
  request.unpipe()
  request.removeAllListeners('readable')
  request.resume()
}
