import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Log } from '#core/lib/runtime.ts'
import type { ClickHouseAddress } from './clickhouse.ts'
import type { EdgeAddress } from './host-context.ts'
import { type Supervised, supervise } from './supervisor.ts'

export interface WarehouseReady extends ClickHouseAddress {
  port: number
  pid: number
}

export interface EdgeReady {
  url: string
  port: number
  pid: number
}

const program = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

export interface LocalOptions {
  folder: string
  /** Without it, the usual one, or another when that is taken; 0 for any. */
  port?: number | undefined
  log: Log
}

/** The local warehouse as a process of its own, kept running. */
export function startLocalWarehouse({ folder, port, log }: LocalOptions): Promise<Supervised<WarehouseReady>> {
  return supervise<WarehouseReady>(
    'warehouse',
    (again) => ({
      program: program('desktop/warehouse/index.ts'),
      args: ['--folder', folder, ...portArgument(again ?? port)],
      onLog: (line) => log('info', line, { of: 'warehouse' }),
    }),
    log,
  )
}

/** The local collector as a process of its own, kept running. `onRestart`: it has to be told its sources again only if it forgot. */
export async function startLocalEdge(
  options: LocalOptions & { warehouse: ClickHouseAddress },
): Promise<Supervised<EdgeReady> & { address(): EdgeAddress }> {
  const adminToken = randomBytes(24).toString('base64url')
  const edge = await supervise<EdgeReady>(
    'collector',
    (again) => ({
      program: program('edge/serve/index.ts'),
      args: ['--folder', options.folder, ...portArgument(again ?? options.port)],
      env: {
        MILLRACE_ADMIN_TOKEN: adminToken,
        MILLRACE_WAREHOUSE_URL: options.warehouse.url,
        MILLRACE_WAREHOUSE_USER: options.warehouse.user,
        MILLRACE_WAREHOUSE_PASSWORD: options.warehouse.password,
      },
      onLog: (line) => options.log('info', line, { of: 'collector' }),
    }),
    options.log,
  )
  return { ...edge, address: () => ({ url: edge.ready().url, adminToken }) }
}

function portArgument(port: number | undefined): string[] {
  return port === undefined ? [] : ['--port', String(port)]
}
