import type { EventName } from './contract.ts'
import { dispatch, type HostFace } from './dispatch.ts'
import type { FromHost, Port, ToHost } from './message-port-transport.ts'

/** The host's end of a port: answers its calls and tells it the events it asked for. Returns what ends it. */
export function serveMessagePort(port: Port, host: HostFace): () => void {
  const stops = new Map<EventName, () => void>()
  const send = (message: FromHost) => port.post(message)
  const end = () => {
    for (const stop of stops.values()) stop()
    stops.clear()
  }
  port.onClose(end)
  port.receive((received) => {
    const message = received as ToHost
    switch (message.kind) {
      case 'call':
        void dispatch(host.handlers, message.method, message.input).then((reply) =>
          send({ kind: 'reply', id: message.id, reply: asJson(reply) }),
        )
        break
      case 'listen':
        if (!stops.has(message.event)) {
          stops.set(
            message.event,
            host.listen(message.event, (data) => send({ kind: 'event', event: message.event, data: asJson(data) })),
          )
        }
        break
      case 'ignore':
        stops.get(message.event)?.()
        stops.delete(message.event)
        break
    }
  })
  return () => {
    end()
    port.close()
  }
}

function asJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value
}
