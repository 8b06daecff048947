import { MillraceError } from '../lib/error.ts'
import type { EventName } from './contract.ts'
import type { Reply, Transport } from './transport.ts'

/** What the preload exposes to the page: two functions, and values that structured clone carries. */
export interface Bridge {
  /** A failure is a reply too: an error's class does not survive the way between the two worlds. */
  call(method: string, input: unknown): Promise<Reply>
  listen(event: EventName, callback: (data: unknown) => void): () => void
}

/** The transport of a page in Electron. */
export function createBridgeTransport(bridge: Bridge): Transport {
  return {
    async call(method, input) {
      const reply = await bridge.call(method, input)
      if (reply.ok) return reply.value
      throw new MillraceError(reply.error)
    },
    listen: (event, callback) => bridge.listen(event, callback),
  }
}
