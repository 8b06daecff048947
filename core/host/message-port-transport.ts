import { MillraceError } from '../lib/error.ts'
import type { EventName } from './contract.ts'
import type { Reply, Transport } from './transport.ts'

/**
 * What the transport needs of a port. A page's MessagePort and Electron's MessagePortMain differ in how they
 * listen: `web-port.ts` and desktop/main/electron-port.ts make them this.
 */
export interface Port {
  post(message: unknown): void
  receive(callback: (message: unknown) => void): void
  /** Hears that the other end is gone. */
  onClose(callback: () => void): void
  close(): void
}

/** From the page to the host. */
export type ToHost = { kind: 'call'; id: number; method: string; input: unknown } | { kind: 'listen' | 'ignore'; event: EventName }

/** From the host to the page. */
export type FromHost = { kind: 'reply'; id: number; reply: Reply } | { kind: 'event'; event: EventName; data: unknown }

export interface MessagePortTransport extends Transport {
  /** Ends it: calls under way and later ones fail with `host-unreachable`. */
  close(): void
}

/** The host over a port: calls are numbered, events come only for what somebody listens to. */
export function createMessagePortTransport(port: Port): MessagePortTransport {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: MillraceError) => void }>()
  const callbacks = new Map<EventName, Set<(data: unknown) => void>>()
  let calls = 0
  let closed = false

  const send = (message: ToHost) => port.post(message)
  const end = () => {
    closed = true
    for (const { reject } of waiting.values()) reject(gone())
    waiting.clear()
  }
  port.onClose(end)
  port.receive((received) => {
    const message = received as FromHost
    if (message.kind === 'event') {
      for (const callback of callbacks.get(message.event) ?? []) callback(message.data)
      return
    }
    const caller = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.reply.ok) caller?.resolve(message.reply.value)
    else caller?.reject(new MillraceError(message.reply.error))
  })

  return {
    call(method, input) {
      if (closed) return Promise.reject(gone())
      const id = ++calls
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        send({ kind: 'call', id, method, input: asJson(input) })
      })
    },
    listen(event, callback) {
      const set = callbacks.get(event) ?? new Set()
      if (set.size === 0) send({ kind: 'listen', event })
      callbacks.set(event, set.add(callback))
      return () => {
        if (set.delete(callback) && set.size === 0 && !closed) send({ kind: 'ignore', event })
      }
    },
    close() {
      end()
      port.close()
    },
  }
}

/** Structured clone carries more than JSON does; no transport may. */
function asJson(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

function gone(): MillraceError {
  return new MillraceError({
    code: 'host-unreachable',
    fault: 'transient',
    message: 'The host does not answer: its process has ended.',
    mend: 'The studio starts it again by itself; if this stays, restart the studio.',
  })
}
