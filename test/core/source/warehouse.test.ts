import { afterAll, beforeAll, expect, test } from 'vitest'
import { sources } from '#core/connector/source-registry.ts'
import { unwrap } from '#core/lib/result.ts'
import { snakeCase } from '#core/pipeline/name.ts'
import { runSource } from '#core/pipeline/run.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { vendors } from '#test/fixture/vendor/index.ts'
import { startVendor } from '#test/fixture/vendor/server.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let process: TestWarehouse
let warehouse: ClickHouseWarehouse

beforeAll(async () => {
  process = await startTestWarehouse()
  warehouse = createClickHouse(process)
})

afterAll(async () => {
  await warehouse.close()
  await process.stop()
})

test.each(Object.entries(vendors))(
  '%s: its tables hold what the vendor holds, with every value in its column, before and after changes',
  async (name, makeVendor) => {
    const vendor = makeVendor()
    const server = await startVendor(vendor)
    try {
      const source = sources.find((candidate) => candidate.name === name)!
      const config = vendor.config(server.url)
      const state = memoryState()
      const { streams } = unwrap(await source.discover(source.config.parse(config), testRuntime()))
      for (const round of [1, 2, 3]) {
        const runtime = testRuntime()
        const result = await runSource({
          source,
          config,
          sourceName: name,
          database: name,
          state,
          warehouse,
          runtime,
          runId: `${name}-${round}`,
        })
        expect(result.error).toBeUndefined()
        expect(result.streams.filter(({ status, row_errors }) => status !== 'succeeded' || row_errors > 0)).toEqual([])
        for (const stream of streams) {
          const held = vendor.held(stream.name)
          if (held.length === 0) continue
          const [{ count }] = (await queryRows<{ count: string }>(
            warehouse,
            `SELECT count() AS count FROM ${name}.${snakeCase(stream.name)}`,
          )) as [{ count: string }]
          // What is gone is told by some streams; the others are read whole, or nothing goes.
          expect(Number(count), `${stream.name} ${round}`).toBe(held.length)
        }
        for (let count = 0; count < round; count++) vendor.change()
      }
    } finally {
      await server.stop()
    }
  },
)
