import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { type EventName, events } from '#core/host/contract.ts'
import type { HostFace } from '#core/host/dispatch.ts'

/** How many past events a client that lost its connection can catch up on. */
const remembered = 1000
/** Milliseconds between signs of life, so that both ends notice a dead connection. */
const heartbeat = 15_000

interface SentEvent {
  id: number
  event: EventName
  data: string
}

export interface EventStream {
  /** Answers `GET /api/events`. */
  respond(context: Context): Response
  close(): void
}

/** The host's events as server-sent events, numbered; `Last-Event-ID` resumes after that number. */
export function createEventStream(host: HostFace): EventStream {
  const past: SentEvent[] = []
  const listeners = new Set<(sent: SentEvent) => void>()
  const closed = new AbortController()
  let last = 0
  const stops = (Object.keys(events) as EventName[]).map((event) =>
    host.listen(event, (data) => {
      const sent = { id: ++last, event, data: JSON.stringify(data) }
      // What somebody watches is for now, and large.
      if (event !== 'edge.tailed') past.push(sent)
      if (past.length > remembered) past.shift()
      for (const listener of listeners) listener(sent)
    }),
  )
  return {
    respond: (context) =>
      streamSSE(context, async (stream) => {
        const after = Number(context.req.header('last-event-id') ?? last)
        const send = (sent: SentEvent) => void stream.writeSSE({ id: String(sent.id), event: sent.event, data: sent.data })
        // The first bytes tell the client that it is heard from now on.
        await stream.write(': open\n\n')
        for (const sent of past) if (sent.id > after) send(sent)
        listeners.add(send)
        const timer = setInterval(() => void stream.write(': alive\n\n'), heartbeat)
        await new Promise<void>((resolve) => {
          stream.onAbort(resolve)
          closed.signal.addEventListener('abort', () => resolve(), { once: true })
        })
        clearInterval(timer)
        listeners.delete(send)
      }),
    close() {
      for (const stop of stops) stop()
      closed.abort()
    },
  }
}
