import type { Handlers } from '#core/host/dispatch.ts'
import type { HostContext } from '../host-context.ts'

export function stackHandlers(host: HostContext): Pick<Handlers, 'stack.get' | 'stack.file'> {
  return {
    async 'stack.get'() {
      const { stack, problems } = host.view()
      return {
        sources: stack.sources.map(({ name, path, content }) => ({
          name,
          path,
          kind: content.kind,
          ...(content.kind === 'sdk' ? {} : { connector: content.connector }),
        })),
        models: stack.models.map(({ name, path, content }) => ({ name, path, materialized: content.materialized })),
        destinations: stack.destinations.map(({ name, path, content }) => ({ name, path, connector: content.connector })),
        problems,
      }
    },
    async 'stack.file'({ path }) {
      return { path, text: await host.files.read(path) }
    },
  }
}
