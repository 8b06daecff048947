import { EventSourceParserStream } from 'eventsource-parser/stream'
import { z } from 'zod'
import { MillraceError, toMillraceError } from '../lib/error.ts'
import { backoffDelay, type RetryPolicy } from '../lib/retry.ts'
import type { Clock } from '../lib/runtime.ts'
import type { EventName } from './contract.ts'
import { errorSchema } from './method/common.ts'
import type { Transport } from './transport.ts'

export interface HttpTransportOptions {
  /** `http://127.0.0.1:8124`; empty in a browser that got the page from the host itself. */
  url: string
  /** Without it, the browser's cookie speaks. */
  token?: string
  fetch: typeof fetch
  clock: Clock
  random: () => number
}

export interface HttpTransport extends Transport {
  /** Ends the stream of events; calls still work. */
  close(): void
}

const replySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorSchema }),
])

const reconnect: RetryPolicy = { attempts: Infinity, baseDelay: 250, maxDelay: 5000 }

/**
 * The host over HTTP: `POST /api/call/METHOD` and one stream of server-sent events, open while
 * somebody listens. A broken stream is taken up again where it broke (`Last-Event-ID`).
 */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const headers: Record<string, string> = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }
  const callbacks = new Map<EventName, Set<(data: unknown) => void>>()
  let stream: AbortController | undefined

  const follow = async (signal: AbortSignal) => {
    let lastId: string | undefined
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        const response = await options.fetch(`${options.url}/api/events`, {
          headers: { ...headers, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) },
          signal,
        })
        if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`)
        attempt = 0
        const messages = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
        for await (const message of messages) {
          lastId = message.id ?? lastId
          for (const callback of callbacks.get(message.event as EventName) ?? []) callback(JSON.parse(message.data))
        }
      } catch {
        // Whatever broke it, the answer is the same: try again until nobody listens.
      }
      if (!signal.aborted) await options.clock.sleep(backoffDelay(reconnect, Math.max(1, attempt), options.random), signal).catch(() => {})
    }
  }

  const close = () => {
    stream?.abort()
    stream = undefined
  }

  return {
    close,
    async call(method, input) {
      const response = await options
        .fetch(`${options.url}/api/call/${encodeURIComponent(method)}`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify(input ?? {}),
        })
        .catch((cause: unknown) => {
          throw unreachable(options.url, toMillraceError(cause).message, cause)
        })
      const reply = replySchema.safeParse(await response.json().catch(() => undefined))
      if (!reply.success) throw unreachable(options.url, `it answered ${response.status} with something that is not a reply`)
      if (reply.data.ok) return reply.data.value
      throw new MillraceError(reply.data.error)
    },
    listen(event, callback) {
      const set = callbacks.get(event) ?? new Set()
      callbacks.set(event, set.add(callback))
      if (stream === undefined) {
        stream = new AbortController()
        void follow(stream.signal)
      }
      return () => {
        set.delete(callback)
        if ([...callbacks.values()].every((all) => all.size === 0)) close()
      }
    },
  }
}

function unreachable(url: string, message: string, cause?: unknown): MillraceError {
  return new MillraceError({
    code: 'host-unreachable',
    fault: 'transient',
    message: `The host${url === '' ? '' : ` at ${url}`} does not answer: ${message}.`,
    mend: 'Check that `millrace up` or `millrace serve` runs.',
    cause,
  })
}
