import { toMillraceError } from '#core/lib/error.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ClickHouseAddress, createClickHouse } from '#desktop/host/clickhouse.ts'
import { getEdgeMetrics } from '#desktop/host/edge-admin.ts'
import { findHost } from '#desktop/host/lock.ts'
import { hostPaths } from '#desktop/host/paths.ts'
import { createFileSecretStore, secretResolver } from '#desktop/host/secrets.ts'
import { createFolderFiles } from '#desktop/host/stack-files.ts'
import { viewStack } from '#desktop/host/stack-view.ts'
import { resolveConfig } from '#core/stack/resolve.ts'
import { existsSync } from 'node:fs'
import type { Finding } from './finding.ts'

/** What is wrong with the stack's files, what runs for it, and whether that answers. Starts nothing. */
export async function checkStack(folder: string, environment: string | undefined): Promise<Finding[]> {
  const paths = hostPaths(folder)
  const secret = secretResolver(createFileSecretStore(paths.secrets), process.env, () => {})
  const view = await viewStack({ files: createFolderFiles(folder), environment, secret })
  const errors = view.problems.filter((problem) => problem.severity === 'error').length
  const files: Finding =
    errors === 0
      ? { name: 'stack', state: 'ok', detail: `${view.stack.file.name} in ${folder}` }
      : { name: 'stack', state: 'missing', detail: `${errors} errors in ${folder}`, mend: '`millrace validate` lists them.' }

  const running = existsSync(paths.lock) ? findHost(paths) : undefined
  const host: Finding =
    running === undefined
      ? { name: 'host', state: 'info', detail: 'does not run', mend: '`millrace up` starts it.' }
      : { name: 'host', state: 'ok', detail: `process ${running.pid}${running.url === undefined ? '' : `, ${running.url}`}` }
  const named = view.stack.file.warehouse
  const warehouse =
    named === undefined
      ? running?.warehouse
      : attemptResolve(() => resolveConfig(named, view.resolver, { file: 'millrace.yaml', field: 'warehouse' }))
  return [files, host, await checkWarehouse(warehouse), await checkEdge(running?.edge)]
}

function attemptResolve(resolve: () => ClickHouseAddress): ClickHouseAddress | undefined {
  try {
    return resolve()
  } catch {
    // A secret that is not there: one of the stack's errors, counted above.
    return undefined
  }
}

async function checkWarehouse(address: ClickHouseAddress | undefined): Promise<Finding> {
  if (address === undefined) return { name: 'warehouse', state: 'info', detail: 'does not run' }
  const warehouse = createClickHouse(address)
  try {
    const [row] = await queryRows<{ version: string }>(warehouse, 'SELECT version() AS version', { signal: AbortSignal.timeout(10_000) })
    return { name: 'warehouse', state: 'ok', detail: `ClickHouse ${row?.version} at ${address.url}` }
  } catch (thrown) {
    return failed('warehouse', thrown)
  } finally {
    await warehouse.close()
  }
}

async function checkEdge(edge: { url: string; adminToken: string } | undefined): Promise<Finding> {
  if (edge === undefined) return { name: 'collector', state: 'info', detail: 'does not run' }
  try {
    const { spool, flush } = await getEdgeMetrics(edge, { fetch: globalThis.fetch, signal: AbortSignal.timeout(5000) })
    const detail = `${edge.url}, ${spool.events} events wait in its spool`
    if (flush.lastError === undefined) return { name: 'collector', state: 'ok', detail }
    return { name: 'collector', state: 'warning', detail: `${detail}: ${flush.lastError.message}` }
  } catch (thrown) {
    return failed('collector', thrown)
  }
}

function failed(name: string, thrown: unknown): Finding {
  const { message, mend } = toMillraceError(thrown)
  return { name, state: 'missing', detail: message, ...(mend === undefined ? {} : { mend }) }
}
