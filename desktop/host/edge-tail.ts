import { WebSocket } from 'ws'
import { type TailFilter, type TailMessage, tailMessageSchema } from '#core/event/tail.ts'
import { type ErrorData, MillraceError } from '#core/lib/error.ts'
import { backoffDelay } from '#core/lib/retry.ts'
import type { Clock } from '#core/lib/runtime.ts'
import type { EdgeAddress } from './edge-address.ts'

export interface TailListener {
  watching(): void
  lost(error: ErrorData): void
  message(message: Pick<TailMessage, 'events' | 'skipped'>): void
}

interface Parts {
  clock: Clock
  random: () => number
}

const reconnect = { attempts: Infinity, baseDelay: 500, maxDelay: 10_000 }
/** How often the collector is asked whether it is there, in milliseconds; it has to have answered by the next time. */
const pingEvery = 15_000

/** Watches what comes into the collector until the signal aborts; a connection that breaks is made anew. */
export async function followTail(
  edge: EdgeAddress,
  filter: TailFilter,
  listener: TailListener,
  signal: AbortSignal,
  { clock, random }: Parts,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    const error = await watch(edge, filter, { ...listener, watching: () => ((failures = 0), listener.watching()) }, signal)
    if (signal.aborted) return
    listener.lost(error.toJSON())
    await clock.sleep(backoffDelay(reconnect, Math.max(1, failures), random), signal).catch(() => {})
  }
}

/** One connection, from its beginning to its end; resolves to why it ended. */
function watch(edge: EdgeAddress, filter: TailFilter, listener: TailListener, signal: AbortSignal): Promise<MillraceError> {
  const url = new URL('/admin/tail', edge.url)
  url.protocol = url.protocol.replace('http', 'ws')
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) url.searchParams.set(name, String(value))
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${edge.adminToken}` }, handshakeTimeout: 10_000 })
  let heard = true
  const timer = setInterval(() => {
    if (!heard) return socket.terminate()
    heard = false
    if (socket.readyState === WebSocket.OPEN) socket.send('ping')
  }, pingEvery)
  const abort = () => socket.terminate()
  signal.addEventListener('abort', abort, { once: true })
  return new Promise<MillraceError>((resolve) => {
    socket.on('open', () => listener.watching())
    socket.on('message', (data: Buffer) => {
      heard = true
      const text = data.toString()
      if (text === 'pong') return
      const message = read(text)
      if (message === undefined) {
        resolve(lost(edge, 'what it says is not of a tail'))
        return socket.terminate()
      }
      const { shard, seq, events, skipped } = message
      listener.message({ events, skipped })
      socket.send(JSON.stringify({ ack: { shard, seq } }))
    })
    socket.on('unexpected-response', (_, response) => {
      socket.terminate()
      resolve(refused(edge, response.statusCode ?? 0))
    })
    // The first to say why counts: `close` follows `error`.
    socket.on('error', (error) => resolve(lost(edge, error.message)))
    socket.on('close', (code) => resolve(lost(edge, `the connection was closed (${code})`)))
  }).finally(() => {
    clearInterval(timer)
    signal.removeEventListener('abort', abort)
  })
}

/** A message, unless another server than a collector has said it. */
function read(text: string): TailMessage | undefined {
  try {
    return tailMessageSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function refused({ url }: EdgeAddress, status: number): MillraceError {
  if (status === 401 || status === 403) {
    const message = `The collector at ${url} refused the admin token.`
    return new MillraceError({ code: 'edge-auth', fault: 'config', message, mend: 'Check edge.admin_token in millrace.yaml.' })
  }
  return new MillraceError({
    code: 'edge-refused',
    fault: 'transient',
    message: `The collector at ${url} answered ${status} to who wants to watch.`,
  })
}

function lost({ url }: EdgeAddress, reason: string): MillraceError {
  const message = `The collector at ${url} cannot be watched: ${reason}.`
  return new MillraceError({
    code: 'edge-unreachable',
    fault: 'transient',
    message,
    mend: 'Check that it runs, and edge.url in millrace.yaml.',
  })
}
