import { connect, type Socket } from 'node:net'

export interface Answer {
  status: number
  headers: Map<string, string>
  body: Buffer
}

/** What comes of bytes that were sent. `silent`: no answer, or half of one, in all the time there is. `closed`: the connection ended instead. */
export type Outcome = Answer | 'silent' | 'closed'

/** How long an answer may take, in milliseconds. */
const patience = 10_000

/** A keep-alive connection that sends whatever it is given, be it HTTP or not, and reads answers that must be. */
export class Wire {
  readonly #port: number
  #socket: Socket | undefined

  constructor(port: number) {
    this.#port = port
  }

  /**
   * Sends and waits for one answer.
   * @param how.headless the answer has no body whatever it says (HEAD)
   * @param how.last nothing more is sent: the connection is closed on our side, and given up after the answer
   */
  async ask(bytes: readonly Uint8Array[], how: { headless: boolean; last: boolean }): Promise<Outcome> {
    const reused = this.#socket !== undefined
    const outcome = await this.#exchange(bytes, how)
    // A server may end a connection between two requests; it never may while it has one to answer.
    return outcome === 'closed' && reused && !how.last ? this.#exchange(bytes, how) : outcome
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #exchange(bytes: readonly Uint8Array[], { headless, last }: { headless: boolean; last: boolean }): Promise<Outcome> {
    const socket = (this.#socket ??= connect({ port: this.#port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }))
    let received: Buffer = Buffer.alloc(0)
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const timer = setTimeout(() => resolve('silent'), patience)
    const onData = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const answer = readAnswer(received, headless)
      if (answer !== undefined) resolve(answer)
    }
    const onEnd = () => resolve('closed')
    socket.on('data', onData).once('end', onEnd).once('error', onEnd).once('close', onEnd)
    socket.cork()
    for (const part of bytes) socket.write(part)
    socket.uncork()
    if (last) socket.end()
    const outcome = await promise
    clearTimeout(timer)
    socket.off('data', onData).off('end', onEnd).off('error', onEnd).off('close', onEnd)
    const ends = typeof outcome === 'string' || last || outcome.headers.get('connection') === 'close'
    if (ends) {
      // What still goes wrong with it is nobody's concern.
      socket.on('error', () => {})
      this.close()
    }
    return outcome
  }
}

/** The answer at the start of what was received, once all of it is there. Interim answers (1xx) are passed over. */
function readAnswer(received: Buffer, headless: boolean): Answer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [first, ...lines] = received.subarray(0, end).toString('latin1').split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first!)?.[1])
  const rest = received.subarray(end + 4)
  if (status >= 100 && status < 200) return readAnswer(rest, headless)
  const headers = new Map(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  if (headless || status === 204 || status === 304) return { status, headers, body: Buffer.alloc(0) }
  if (headers.get('transfer-encoding') === 'chunked') {
    const body = readChunks(rest)
    return body && { status, headers, body }
  }
  const length = Number(headers.get('content-length'))
  return rest.length < length ? undefined : { status, headers, body: rest.subarray(0, length) }
}

function readChunks(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at)
    if (line === -1) return undefined
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16)
    const start = line + 2
    if (bytes.length < start + size + 2) return undefined
    if (size === 0) return Buffer.concat(parts)
    parts.push(bytes.subarray(start, start + size))
    at = start + size + 2
  }
}
