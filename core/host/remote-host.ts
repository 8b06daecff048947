import type { Handlers, HostFace } from './dispatch.ts'
import { type EventData, type EventName, methods } from './contract.ts'
import type { Transport } from './transport.ts'

/** A host elsewhere as if it were here, so that it can be served on: the studio's window over a host that already runs. */
export function createRemoteHost(transport: Transport): HostFace {
  const handlers = Object.fromEntries(Object.keys(methods).map((method) => [method, (input: unknown) => transport.call(method, input)]))
  return {
    handlers: handlers as unknown as Handlers,
    listen: <Name extends EventName>(event: Name, callback: (data: EventData<Name>) => void) =>
      transport.listen(event, (data) => callback(data as EventData<Name>)),
  }
}
