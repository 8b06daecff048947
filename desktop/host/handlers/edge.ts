import type { Handlers } from '#core/host/dispatch.ts'
import { MillraceError } from '#core/lib/error.ts'
import { edgeConfig } from '#core/stack/publish.ts'
import { putEdgeConfig } from '../edge-admin.ts'
import type { HostContext } from '../host-context.ts'

export function edgeHandlers(host: HostContext): Pick<Handlers, 'edge.publish' | 'edge.tail' | 'edge.untail'> {
  return {
    async 'edge.publish'() {
      if (host.edge === undefined) throw noEdge()
      const { stack, resolver, transforms } = host.view()
      const config = edgeConfig(stack, resolver, transforms)
      await putEdgeConfig(host.edge, config, host)
      const { url } = host.edge
      const enabled = config.sources.filter((source) => source.enabled)
      return {
        url,
        sources: enabled.map(({ name }) => name),
        webhooks: enabled.flatMap(({ kind, name }) =>
          kind === 'webhook' ? [{ name, address: `${url}/v1/webhook/${name}?key=WRITE_KEY` }] : [],
        ),
      }
    },
    async 'edge.tail'({ id, ...filter }) {
      if (host.edge === undefined) throw noEdge()
      host.tails.ask(host.edge, id, filter)
      return {}
    },
    async 'edge.untail'({ id }) {
      host.tails.end(id)
      return {}
    },
  }
}

export function noEdge(): MillraceError {
  return new MillraceError({
    code: 'no-edge',
    fault: 'config',
    message: 'This host has no collector.',
    mend: 'Name one in millrace.yaml under edge, or start one with `millrace up`.',
  })
}
