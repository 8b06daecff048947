import { MillraceError } from '../lib/error.ts'
import { dispatch, type HostFace } from './dispatch.ts'
import type { Transport } from './transport.ts'

/** A host in the same process. What crosses is JSON all the same, so that nothing works here that would not elsewhere. */
export function createMemoryTransport(host: HostFace): Transport {
  return {
    async call(method, input) {
      const reply = await dispatch(host.handlers, method, overWire(input))
      if (reply.ok) return overWire(reply.value)
      throw new MillraceError(reply.error)
    },
    listen: (event, callback) => host.listen(event, (data) => callback(overWire(data))),
  }
}

function overWire(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}
