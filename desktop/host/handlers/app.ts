import { basename } from 'node:path'
import type { Handlers } from '#core/host/dispatch.ts'
import type { HostContext } from '../host-context.ts'
import { version } from '../version.ts'

export function appHandlers(host: HostContext): Pick<Handlers, 'app.info'> {
  return {
    async 'app.info'() {
      const { file } = host.view().stack
      return {
        version,
        stack: {
          name: file.name || basename(host.folder),
          path: host.folder,
          ...(file.description === undefined ? {} : { description: file.description }),
        },
        warehouseUrl: host.warehouseUrl,
        ...(host.edge === undefined ? {} : { edgeUrl: host.edge.url }),
        simulated: [...host.simulated],
      }
    },
  }
}
