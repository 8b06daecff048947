import { afterAll, beforeAll, expect, it } from 'vitest'
import { migrateEvents, recordSeen, refreshViews } from '#core/event/refresh-views.ts'
import type { SeenRow } from '#core/event/seen.ts'
import { queryRows, type Warehouse } from '#core/warehouse/port.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { startTestWarehouse, type TestWarehouse } from '../../fixture/warehouse.ts'

let server: TestWarehouse
let warehouse: ClickHouseWarehouse
beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
  await migrateEvents(warehouse)
})
afterAll(async () => {
  await warehouse.close()
  await server.stop()
})

it('keeps the columns that another made after this one had read what was seen', async () => {
  const email: SeenRow = { type: 'identify', event: '', field: 'traits', path: 'email', kind: 'string' }
  let raced = false
  // The slow one: between its reading and its writing the collector sees an e-mail address and makes the views.
  const slow: Warehouse = {
    async *query(sql, options) {
      yield* warehouse.query(sql, options)
      if (raced || !sql.includes('events.seen')) return
      raced = true
      await recordSeen(warehouse, [email], Date.now())
      await refreshViews(warehouse, { only: [email] })
    },
    command: (sql, options) => warehouse.command(sql, options),
    insert: (table, rows, options) => warehouse.insert(table, rows, options),
  }
  await refreshViews(slow)
  expect(raced).toBe(true)
  expect(await queryRows(warehouse, 'SELECT email FROM events.identifies')).toEqual([])
})
