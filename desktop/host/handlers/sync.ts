import type { Handlers } from '#core/host/dispatch.ts'
import { planSync } from '#core/sync/run.ts'
import { countSynced, listRejected } from '#core/sync/rejected.ts'
import type { HostContext } from '../host-context.ts'
import { checkJob } from '../jobs/execute.ts'
import { connectors } from '../jobs/scope.ts'

export function syncHandlers(host: HostContext): Pick<Handlers, 'sync.list' | 'sync.plan' | 'sync.rejected'> {
  return {
    async 'sync.list'() {
      const { stack } = host.view()
      const counts = await counted(host)
      return {
        syncs: stack.syncs.map(({ name, path, content }) => {
          const lastRun = host.store.lastRun({ kind: 'sync', name })
          return {
            name,
            path,
            ...(content.description === undefined ? {} : { description: content.description }),
            from: content.from,
            destination: content.destination,
            connector: stack.destinations.find((destination) => destination.name === content.destination)?.content.connector ?? '',
            object: content.object,
            mode: content.mode,
            ...(lastRun === undefined ? {} : { lastRun }),
            synced: counts.get(name)?.synced ?? 0,
            rejected: counts.get(name)?.rejected ?? 0,
          }
        }),
      }
    },
    async 'sync.plan'({ name }) {
      await host.tables()
      const { stack, resolver } = host.view()
      return planSync({ stack, name, destinations: connectors.destinations, resolver, warehouse: host.warehouse, runtime: host })
    },
    async 'sync.rejected'({ name, limit }) {
      checkJob({ kind: 'sync', name }, host.view().stack)
      await host.tables()
      return { rows: await listRejected({ warehouse: host.warehouse, sync: name, limit, signal: host.signal }) }
    },
  }
}

/** The list shows what it can while the warehouse is away. */
async function counted(host: HostContext): Promise<Map<string, { synced: number; rejected: number }>> {
  try {
    await host.tables()
    return await countSynced({ warehouse: host.warehouse, signal: host.signal })
  } catch {
    return new Map()
  }
}
