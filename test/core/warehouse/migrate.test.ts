import { afterAll, beforeAll, expect, it } from 'vitest'
import { queryRows } from '#core/warehouse/port.ts'
import { migrate } from '#core/warehouse/migrate.ts'
import type { Table, View } from '#core/warehouse/table.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { startTestWarehouse } from '#test/fixture/warehouse.ts'

let server: Awaited<ReturnType<typeof startTestWarehouse>>
let warehouse: ClickHouseWarehouse
beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
})
afterAll(async () => {
  await warehouse?.close()
  await server?.stop()
})

const orders: Table = {
  kind: 'table',
  name: { database: 'shop', table: 'orders' },
  columns: [
    { name: 'id', type: 'String' },
    { name: 'at', type: "DateTime64(3, 'UTC')", default: 'now64( 3 )' },
    { name: 'payload', type: 'JSON' },
  ],
  engine: 'ReplacingMergeTree(at)',
  orderBy: ['toDate(at)', 'id'],
  partitionBy: 'toYYYYMM(at)',
  settings: { non_replicated_deduplication_window: 100 },
  comment: "the shop's orders",
}
const recent: View = { kind: 'view', name: { database: 'shop', table: 'recent' }, select: 'SELECT id FROM shop.orders FINAL' }

it('creates what is missing, and changes nothing when run again', async () => {
  const first = await migrate(warehouse, [orders, recent])
  expect(first.map(({ description }) => description)).toEqual([
    'create database shop',
    'create table shop.orders',
    'create view shop.recent',
  ])
  expect(await migrate(warehouse, [orders, recent])).toEqual([])
})

it('adds a column in its place, alters a type and a default, replaces a view, and keeps the rows', async () => {
  await warehouse.command(`INSERT INTO shop.orders (id) VALUES ('a')`)
  const [id, at, payload] = orders.columns as [Table['columns'][0], Table['columns'][0], Table['columns'][0]]
  const evolved: Table = {
    ...orders,
    columns: [id, { name: 'total', type: 'UInt32', default: '7' }, { ...at, default: 'toDateTime64(0, 3)' }, payload],
  }
  const wider: Table = {
    ...evolved,
    columns: evolved.columns.map((column) => (column.name === 'total' ? { ...column, type: 'UInt64' } : column)),
  }
  const view: View = { ...recent, select: 'SELECT id, total FROM shop.orders FINAL' }
  expect((await migrate(warehouse, [evolved, view])).map(({ description }) => description)).toEqual([
    'add column shop.orders.total',
    "alter column shop.orders.at from DateTime64(3, 'UTC') to DateTime64(3, 'UTC')",
    'replace view shop.recent',
  ])
  expect(await migrate(warehouse, [evolved, view])).toEqual([])
  expect((await migrate(warehouse, [wider, view])).map(({ description }) => description)).toEqual([
    'alter column shop.orders.total from UInt32 to UInt64',
    'replace view shop.recent',
  ])
  expect(await queryRows(warehouse, 'SELECT id, total FROM shop.recent')).toEqual([{ id: 'a', total: '7' }])
})

it('leaves alone what it does not know', async () => {
  await warehouse.command('ALTER TABLE shop.orders ADD COLUMN mine String')
  await migrate(warehouse, [recent])
  expect(
    await queryRows(warehouse, "SELECT name FROM system.columns WHERE database = 'shop' AND table = 'orders' AND name = 'mine'"),
  ).toHaveLength(1)
})

it('refuses a table whose key differs, naming both and the mend', async () => {
  await expect(migrate(warehouse, [{ ...orders, orderBy: ['id'] }])).rejects.toMatchObject({
    code: 'table-differs',
    message: expect.stringContaining('sorting key'),
    mend: expect.stringContaining('shop.orders'),
  })
})

it('refuses to put a view where a table stands', async () => {
  await expect(migrate(warehouse, [{ ...recent, name: orders.name }])).rejects.toMatchObject({ code: 'table-differs' })
})
