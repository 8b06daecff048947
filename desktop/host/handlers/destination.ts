import type { DestinationMetrics } from '#core/event/edge-metrics.ts'
import type { Handlers } from '#core/host/dispatch.ts'
import { type ErrorData, toMillraceError } from '#core/lib/error.ts'
import { getDeadLetters, getEdgeMetrics, settleDeadLetters } from '../edge-admin.ts'
import type { EdgeAddress, HostContext } from '../host-context.ts'
import { noEdge } from './edge.ts'

type DestinationMethods = 'destination.list' | 'destination.dead' | 'destination.replay' | 'destination.drop'

/** The destinations of the stack, and what the collector's deliveries to them have come to. */
export function destinationHandlers(host: HostContext): Pick<Handlers, DestinationMethods> {
  const edge = (): EdgeAddress => {
    if (host.edge === undefined) throw noEdge()
    return host.edge
  }
  return {
    async 'destination.list'() {
      const { stack } = host.view()
      const { deliveries, error } = await deliveriesOf(host)
      const known = stack.destinations.map(({ name, path, content: { description, connector, events } }) => ({
        name,
        path,
        connector,
        syncs: stack.syncs.flatMap((sync) => (sync.content.destination === name ? [sync.name] : [])),
        streams: events !== undefined,
        ...(description === undefined ? {} : { description }),
        delivery: deliveries.get(name),
      }))
      const names = new Set(known.map(({ name }) => name))
      const gone = Array.from(deliveries, ([name, delivery]) => ({ name, syncs: [], streams: false, delivery }))
      return {
        destinations: [...known, ...gone.filter(({ name }) => !names.has(name))],
        ...(error === undefined ? {} : { edgeError: error }),
      }
    },
    'destination.dead': ({ name, limit }) => getDeadLetters(edge(), name, limit, host),
    'destination.replay': ({ name, which }) => settleDeadLetters(edge(), name, 'replay', which, host),
    'destination.drop': ({ name, which }) => settleDeadLetters(edge(), name, 'drop', which, host),
  }
}

/** By the names of destinations; without a collector, or when it cannot be asked, of none. */
async function deliveriesOf(host: HostContext): Promise<{ deliveries: Map<string, DestinationMetrics>; error?: ErrorData }> {
  if (host.edge === undefined) return { deliveries: new Map() }
  try {
    const { destinations } = await getEdgeMetrics(host.edge, host)
    return { deliveries: new Map(Object.entries(destinations)) }
  } catch (thrown) {
    return { deliveries: new Map(), error: toMillraceError(thrown).toJSON() }
  }
}
