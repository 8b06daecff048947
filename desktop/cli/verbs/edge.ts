import type { Command } from 'commander'
import { MillraceError } from '#core/lib/error.ts'
import { resolveConfig } from '#core/stack/resolve.ts'
import type { ClickHouseAddress } from '#desktop/host/clickhouse.ts'
import { startLocalEdge } from '#desktop/host/local.ts'
import { hostPaths } from '#desktop/host/paths.ts'
import { createFileSecretStore, secretResolver } from '#desktop/host/secrets.ts'
import { announceService, findServedWarehouse } from '#desktop/host/service-file.ts'
import { createFolderFiles } from '#desktop/host/stack-files.ts'
import { viewStack } from '#desktop/host/stack-view.ts'
import { requireStack } from '../stack-folder.ts'
import { portNumber, untilAborted, verb, type VerbContext } from '../verb.ts'
import { dataFolder, serviceLog } from './warehouse.ts'

export function addEdge(program: Command): void {
  verb(
    program
      .command('edge')
      .description('the collector by itself; `millrace publish` tells it its sources')
      .option('--folder <dir>', "its data folder (default: the stack's)")
      .option('--port <n>', 'port (default: 8788, or another when taken)', portNumber)
      .option('--verbose', 'show its log'),
    async (context, options) => {
      const { output, stack, signal } = context
      const { folder, memory } = await dataFolder(options['folder'], stack, 'edge')
      const warehouse = await findWarehouse(context)
      const service = await startLocalEdge({
        folder,
        memory,
        port: options['port'],
        warehouse,
        log: serviceLog(output, options['verbose'] === true),
      })
      const { url, adminToken } = service.address()
      const withdraw = announceService(folder, { url, adminToken, pid: service.pid() })
      output.result({ url, folder, warehouse: warehouse.url, pid: service.pid() }, `Collector  ${url}\nWarehouse  ${warehouse.url}`)
      await untilAborted(signal)
      withdraw()
      await service.stop()
      return 'done'
    },
  )
}

/** The server that millrace.yaml names, or the local warehouse that `millrace warehouse` runs; the environment overrides both. */
async function findWarehouse({ stack, environment }: VerbContext): Promise<ClickHouseAddress> {
  const { MILLRACE_WAREHOUSE_URL: url, MILLRACE_WAREHOUSE_USER: user, MILLRACE_WAREHOUSE_PASSWORD: password } = process.env
  if (url !== undefined) return { url, user: user ?? 'default', password: password ?? '' }
  const folder = requireStack(stack)
  const paths = hostPaths(folder)
  const secret = secretResolver(createFileSecretStore(paths.secrets), process.env, () => {})
  const view = await viewStack({ files: createFolderFiles(folder), environment, secret })
  const named = view.stack.file.warehouse
  if (named !== undefined) return resolveConfig(named, view.resolver, { file: 'millrace.yaml', field: 'warehouse' })
  const served = await findServedWarehouse(paths.warehouse, globalThis.fetch)
  if (served !== undefined) return served
  throw new MillraceError({
    code: 'no-warehouse',
    fault: 'config',
    message: 'The collector needs a warehouse, and none runs for this stack.',
    mend: 'Start one with `millrace warehouse`, name one in millrace.yaml, or run both with `millrace up`.',
  })
}
