import { afterAll, beforeAll, describe } from 'vitest'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'
import { warehouseConformance } from '#test/conformance/warehouse.ts'

describe('the warehouse port over @clickhouse/client', () => {
  let server: Awaited<ReturnType<typeof startTestWarehouse>>
  let warehouse: ClickHouseWarehouse
  let unreachable: ClickHouseWarehouse
  let wrongPassword: ClickHouseWarehouse
  beforeAll(async () => {
    server = await startTestWarehouse()
    warehouse = createClickHouse(server)
    unreachable = createClickHouse({ ...server, url: 'http://127.0.0.1:1' })
    wrongPassword = createClickHouse({ ...server, password: 'wrong' })
    await warehouse.command('CREATE DATABASE conformance')
  })
  afterAll(async () => {
    await Promise.all([warehouse, unreachable, wrongPassword].map((client) => client?.close()))
    await server?.stop()
  })
  warehouseConformance(() => ({ warehouse, unreachable, wrongPassword }))
})
