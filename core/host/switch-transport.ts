import type { EventName } from './contract.ts'
import type { Transport } from './transport.ts'

export interface SwitchTransport extends Transport {
  /** From now on calls go through this one, and its events are told to those who listen already. */
  use(transport: Transport): void
}

/** A transport whose other end may come later, and may be replaced: the host's process ended and was started again. */
export function createSwitchTransport(): SwitchTransport {
  const listeners = new Set<{ event: EventName; callback: (data: unknown) => void; stop?: () => void }>()
  const first = Promise.withResolvers<Transport>()
  let current = first.promise
  let inUse: Transport | undefined
  return {
    use(transport) {
      inUse = transport
      first.resolve(transport)
      current = Promise.resolve(transport)
      for (const listener of listeners) {
        listener.stop?.()
        listener.stop = transport.listen(listener.event, listener.callback)
      }
    },
    call: async (method, input) => (await current).call(method, input),
    listen(event, callback) {
      const listener: { event: EventName; callback: (data: unknown) => void; stop?: () => void } = { event, callback }
      if (inUse) listener.stop = inUse.listen(event, callback)
      listeners.add(listener)
      return () => {
        listener.stop?.()
        listeners.delete(listener)
      }
    },
  }
}
