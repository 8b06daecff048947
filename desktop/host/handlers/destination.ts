import type { DestinationMetrics } from '#core/event/edge-metrics.ts'
import { methods } from '#core/host/contract.ts'
import type { Handlers } from '#core/host/dispatch.ts'
import { type ErrorData, toMillraceError } from '#core/lib/error.ts'
import { askEdge, getEdgeMetrics } from '../edge-admin.ts'
import type { HostContext } from '../host-context.ts'
import { noEdge } from './edge.ts'

type DestinationMethods = 'destination.list' | 'destination.dead' | 'destination.replay' | 'destination.drop'

/** The destinations of the stack, and what the collector's deliveries to them have come to. */
export function destinationHandlers(host: HostContext): Pick<Handlers, DestinationMethods> {
  const edge = () => {
    if (host.edge === undefined) throw noEdge()
    return host.edge
  }
  const settle = (action: 'replay' | 'drop', name: string, which: 'all' | string[]) => {
    const body = which === 'all' ? { all: true } : { ids: which }
    const answer = methods[`destination.${action}`].output
    return askEdge(edge(), { method: 'POST', path: `${pathOf(name)}/${action}`, body, answer }, host)
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
    async 'destination.dead'({ name, limit }) {
      const answer = methods['destination.dead'].output
      return askEdge(edge(), { method: 'GET', path: `${pathOf(name)}/dead?limit=${limit}`, answer }, host)
    },
    'destination.replay': async ({ name, which }) => settle('replay', name, which),
    'destination.drop': async ({ name, which }) => settle('drop', name, which),
  }
}

function pathOf(name: string): string {
  return `/admin/destinations/${encodeURIComponent(name)}`
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
