import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EdgeConfigInput } from '#core/event/edge-config.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { freePorts } from './free-ports.ts'

/** The collector and its warehouse, each killed and started again on the same folder and port. */
export interface Rig {
  edge: TestEdge
  warehouse: TestWarehouse
  /** kill -9, and away until `warehouseUp`. */
  warehouseDown(): Promise<void>
  warehouseUp(): Promise<void>
  /** kill -9 of workerd, and a new one on what it left. */
  strikeEdge(): Promise<void>
  stop(): Promise<void>
}

export const sources: EdgeConfigInput['sources'] = [
  { kind: 'sdk', name: 'web', write_key: 'write-key-of-web' },
  {
    kind: 'webhook',
    name: 'hook',
    write_key: 'write-key-of-hook',
    connector: 'generic',
    config: { events: [{ event: 'Chaos Hook', message_id: '{id}' }] },
  },
]

export const hookPath = '/v1/webhook/hook?key=write-key-of-hook'

export const settings = { RETRY_MAX_DELAY_MS: '2000', DELIVER_MAX_DELAY_MS: '5000' }

export async function startRig(destinations: EdgeConfigInput['destinations']): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-collector-'))
  const [edgePort, warehousePort] = (await freePorts(2)) as [number, number]
  const openWarehouse = () => startTestWarehouse({ folder: join(folder, 'warehouse'), port: warehousePort })
  const warehouse = await openWarehouse()
  const openEdge = (first: boolean) =>
    startTestEdge({
      warehouse,
      folder: join(folder, 'edge'),
      port: edgePort,
      settings: { ...settings, SPOOL_SHARDS: '2' },
      ...(first ? { sources, destinations } : { sources: 'kept' }),
    })
  const rig: Rig = {
    warehouse,
    edge: await openEdge(true),
    warehouseDown: () => rig.warehouse.kill('SIGKILL'),
    async warehouseUp() {
      rig.warehouse = await openWarehouse()
    },
    async strikeEdge() {
      await rig.edge.kill('SIGKILL')
      rig.edge = await openEdge(false)
    },
    async stop() {
      await rig.edge.stop()
      await rig.warehouse.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return rig
}
