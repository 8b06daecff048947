import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Log } from '#core/lib/runtime.ts'
import type { ClickHouseAddress } from './clickhouse.ts'
import type { EdgeAddress } from './edge-address.ts'
import { startOnUsualPort } from './ports.ts'
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
  /** Its data folder. */
  folder: string
  /** Where it is remembered which port it had: `.millrace`. Without it, it is not. */
  memory: string | undefined
  /** Without it, the one it had the last time, or else its usual one, or another when that is taken; 0 for any. */
  port?: number | undefined
  log: Log
  /** Called when it runs again after it ended by itself. */
  onRestart?: () => void
}

/** The local warehouse as a process of its own, kept running. */
export function startLocalWarehouse({ folder, memory, port, log, onRestart }: LocalOptions): Promise<Supervised<WarehouseReady>> {
  const start = (first: number | undefined) =>
    supervise<WarehouseReady>(
      'warehouse',
      (again) => ({
        program: program('desktop/warehouse/index.ts'),
        args: ['--folder', folder, ...portArgument(again ?? first)],
        onLog: (line) => log('info', line, { of: 'warehouse' }),
      }),
      log,
      onRestart,
    )
  return startOnUsualPort(memory, 'warehouse', port, start, (service) => service.ready().port)
}

/** The local collector as a process of its own, kept running. */
export async function startLocalEdge(
  options: LocalOptions & { warehouse: ClickHouseAddress },
): Promise<Supervised<EdgeReady> & { address(): EdgeAddress }> {
  const adminToken = randomBytes(24).toString('base64url')
  const start = (first: number | undefined) =>
    supervise<EdgeReady>(
      'collector',
      (again) => ({
        program: program('edge/serve/index.ts'),
        args: ['--folder', options.folder, ...portArgument(again ?? first)],
        env: {
          MILLRACE_ADMIN_TOKEN: adminToken,
          MILLRACE_WAREHOUSE_URL: options.warehouse.url,
          MILLRACE_WAREHOUSE_USER: options.warehouse.user,
          MILLRACE_WAREHOUSE_PASSWORD: options.warehouse.password,
        },
        onLog: (line) => options.log('info', line, { of: 'collector' }),
      }),
      options.log,
      options.onRestart,
    )
  const edge = await startOnUsualPort(options.memory, 'collector', options.port, start, (service) => service.ready().port)
  return { ...edge, address: () => ({ url: edge.ready().url, adminToken }) }
}

function portArgument(port: number | undefined): string[] {
  return port === undefined ? [] : ['--port', String(port)]
}
