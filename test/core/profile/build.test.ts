import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { buildTraits } from '#core/profile/build.ts'
import { previewTrait } from '#core/profile/preview.ts'
import { loadStack } from '#core/stack/load.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { stackOf } from '#test/fixture/stack-files.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let server: TestWarehouse
let warehouse: ClickHouseWarehouse

beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
  await warehouse.command('CREATE DATABASE shop')
  await warehouse.command(
    'CREATE TABLE shop.orders (user_id Nullable(String), total Float64, timestamp DateTime64(3)) ENGINE = MergeTree ORDER BY total',
  )
})

afterAll(async () => {
  await warehouse?.close()
  await server?.stop()
})

beforeEach(async () => {
  await warehouse.command('TRUNCATE TABLE shop.orders')
  await warehouse.command("INSERT INTO shop.orders SELECT 'u' || toString(number % 3), number * 10, now() FROM numbers(9)")
})

const files = {
  'millrace.yaml': 'name: shop\n',
  'traits/orders.yaml': 'type: count\nfrom: shop.orders\n',
  'traits/spent.yaml': 'type: sum\nvalue: total\nfrom: shop.orders\n',
  'traits/high_value.sql': 'SELECT user_id AS id, true AS value FROM shop.orders GROUP BY user_id HAVING sum(total) > 120',
}

async function build(changed: Record<string, string> = {}, options: { only?: string } = {}) {
  const stack = await loadStack(stackOf({ ...files, ...changed }))
  return buildTraits({ stack, warehouse, runtime: testRuntime(), ...options })
}

const rows = <Row>(sql: string) => queryRows<Row>(warehouse, sql)
const stored = () => rows<{ id: string; trait: string; value: string }>('SELECT id, trait, value FROM profiles.traits ORDER BY trait, id')

test('traits land in profiles.traits as JSON and in profiles.users as typed columns', async () => {
  const seen: string[] = []
  const stack = await loadStack(stackOf(files))
  const result = await buildTraits({
    stack,
    warehouse,
    runtime: testRuntime(),
    onTrait: ({ name, entities }) => seen.push(`${name} ${entities}`),
  })
  expect(result).toMatchObject({ status: 'succeeded', counts: { traits: 3, built: 3, failed: 0, entities: 7 } })
  expect(seen).toEqual(['high_value 1', 'orders 3', 'spent 3'])
  expect(await stored()).toEqual([
    { id: 'u2', trait: 'high_value', value: 'true' },
    { id: 'u0', trait: 'orders', value: '3' },
    { id: 'u1', trait: 'orders', value: '3' },
    { id: 'u2', trait: 'orders', value: '3' },
    { id: 'u0', trait: 'spent', value: '90' },
    { id: 'u1', trait: 'spent', value: '120' },
    { id: 'u2', trait: 'spent', value: '150' },
  ])
  expect(await rows('SELECT * FROM profiles.users ORDER BY id')).toEqual([
    { id: 'u0', user_id: 'u0', high_value: null, orders: '3', spent: 90 },
    { id: 'u1', user_id: 'u1', high_value: null, orders: '3', spent: 120 },
    { id: 'u2', user_id: 'u2', high_value: true, orders: '3', spent: 150 },
  ])
  expect(await rows("SELECT name, type FROM system.columns WHERE database = 'profiles' AND table = 'users' ORDER BY position")).toEqual([
    { name: 'id', type: 'String' },
    { name: 'user_id', type: 'String' },
    { name: 'high_value', type: 'Nullable(Bool)' },
    { name: 'orders', type: 'UInt64' },
    { name: 'spent', type: 'Nullable(Float64)' },
  ])
})

test('entities that fell out are gone, even the last one', async () => {
  await build()
  await warehouse.command("ALTER TABLE shop.orders DELETE WHERE user_id = 'u2' SETTINGS mutations_sync = 1")
  expect((await build()).status).toBe('succeeded')
  expect(await rows('SELECT trait, count() AS n FROM profiles.traits GROUP BY trait ORDER BY trait')).toEqual([
    { trait: 'orders', n: '2' },
    { trait: 'spent', n: '2' },
  ])
  expect(await rows('SELECT id, high_value FROM profiles.users ORDER BY id')).toEqual([
    { id: 'u0', high_value: null },
    { id: 'u1', high_value: null },
  ])
})

test('a trait that fails keeps its values and does not sink the others', async () => {
  await build()
  await warehouse.command("INSERT INTO shop.orders VALUES ('u9', 1, now())")
  const result = await build({ 'traits/spent.yaml': 'type: sum\nvalue: totl\nfrom: shop.orders\n' })
  expect(result).toMatchObject({
    status: 'partial',
    counts: { built: 2, failed: 1 },
    error: { code: 'invalid-sql', at: { file: 'traits/spent.yaml' } },
  })
  expect(await rows('SELECT trait, count() AS n FROM profiles.traits GROUP BY trait ORDER BY trait')).toEqual([
    { trait: 'high_value', n: '1' },
    { trait: 'orders', n: '4' },
    { trait: 'spent', n: '3' },
  ])
  expect(await rows("SELECT orders, spent FROM profiles.users WHERE id = 'u9'")).toEqual([{ orders: '1', spent: null }])
})

test('a value twice for one entity is refused with its id', async () => {
  const result = await build({ 'traits/high_value.sql': 'SELECT user_id AS id, total AS value FROM shop.orders' })
  expect(result.traits.find(({ name }) => name === 'high_value')!.error).toMatchObject({
    code: 'trait-id-not-unique',
    at: { file: 'traits/high_value.sql' },
    message: expect.stringContaining('3 for "u0"'),
  })
})

test('one trait is built alone, and the others keep their columns', async () => {
  await build()
  const result = await build({}, { only: 'spent' })
  expect(result.counts).toMatchObject({ traits: 1, built: 1, entities: 3 })
  expect(Object.keys((await rows<object>('SELECT * FROM profiles.users LIMIT 1'))[0]!)).toEqual([
    'id',
    'user_id',
    'high_value',
    'orders',
    'spent',
  ])
  await expect(build({}, { only: 'spend' })).rejects.toMatchObject({ code: 'unknown-trait', mend: 'Did you mean "spent"?' })
})

test('every type comes back from JSON as it was', async () => {
  const values: [name: string, sql: string, back: unknown][] = [
    ['t_uint', '18446744073709551615', '18446744073709551615'],
    ['t_int', 'toInt64(-5)', '-5'],
    ['t_small', 'toUInt8(7)', 7],
    ['t_float', '0.1', 0.1],
    ['t_decimal', "toDecimal64('12.34', 2)", 12.34],
    ['t_text', "'it\\'s \\\\ \"quoted\" 日本 \\n'", 'it\'s \\ "quoted" 日本 \n'],
    ['t_low', "toLowCardinality('x')", 'x'],
    ['t_bool', 'false', false],
    ['t_date', "toDate('2026-02-03')", '2026-02-03'],
    ['t_time', "toDateTime('2026-02-03 04:05:06', 'Europe/Berlin')", '2026-02-03 03:05:06'],
    ['t_time64', "toDateTime64('2026-02-03 04:05:06.789', 3, 'UTC')", '2026-02-03 04:05:06.789'],
    ['t_array', "['a', 'b']", ['a', 'b']],
    ['t_enum', "CAST('yes', 'Enum8(\\'yes\\' = 1, \\'no\\' = 2)')", 'yes'],
    ['t_uuid', "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
    ['t_nullable', "CAST(5, 'Nullable(Int32)')", 5],
    ['t_dynamic', "CAST('d', 'Dynamic')", 'd'],
  ]
  const result = await build(Object.fromEntries(values.map(([name, sql]) => [`traits/${name}.sql`, `SELECT 'u0' AS id, ${sql} AS value`])))
  expect(result.error).toBeUndefined()
  const [user] = await rows<Record<string, unknown>>("SELECT * FROM profiles.users WHERE id = 'u0'")
  for (const [name, , back] of values) expect([name, user![name]]).toEqual([name, back])
})

test('other entities have a view of their own', async () => {
  await build({ 'traits/big.sql': '-- entity: account\nSELECT 42 AS id, true AS value' })
  expect(await rows('SELECT * FROM profiles.accounts')).toEqual([{ id: '42', account_id: '42', big: true }])
})

test('what users said of themselves stands beside what was computed', async () => {
  await warehouse.command('CREATE DATABASE events')
  await warehouse.command(
    "CREATE VIEW events.users AS SELECT * FROM VALUES('id Nullable(String), received_at DateTime, email Nullable(String), spent String', ('u0', now(), 'a@b.c', 'said'), ('said_only', now(), NULL, ''))",
  )
  await build()
  expect(await rows('SELECT * FROM profiles.users ORDER BY id')).toMatchObject([
    { id: 'said_only', email: null, orders: '0', high_value: null, spent: null },
    { id: 'u0', user_id: 'u0', email: 'a@b.c', orders: '3', spent: 90 },
    { id: 'u1', email: null },
    { id: 'u2', email: null, high_value: true },
  ])
  await warehouse.command('DROP VIEW events.users')
})

test('readers beside builds always see a whole trait', async () => {
  await build()
  const controller = new AbortController()
  const reader = (async () => {
    const seen = new Set<string>()
    while (!controller.signal.aborted) {
      for (const { n } of await rows<{ n: string }>("SELECT count() AS n FROM profiles.traits WHERE trait = 'spent'")) seen.add(n)
    }
    return [...seen]
  })()
  for (let round = 0; round < 6; round++) await build({}, { only: 'spent' })
  controller.abort()
  expect(await reader).toEqual(['3'])
})

test('a preview shows SQL, rows, entities and how values spread, and stores nothing', async () => {
  await build()
  await warehouse.command("INSERT INTO shop.orders SELECT 'v' || toString(number), number, now() FROM numbers(100)")
  const stack = await loadStack(stackOf(files))
  const request = { stack, limit: 2, warehouse, runtime: testRuntime() }
  const before = await stored()
  const spent = await previewTrait({ ...request, name: 'spent' })
  expect(spent.entities).toBe(103)
  expect(spent.rows).toEqual([
    { id: 'u0', value: 90 },
    { id: 'u1', value: 120 },
  ])
  expect(spent.distribution.map(({ value, count }) => [value, count])).toEqual([
    ['0 to 20', 20],
    ['20 to 40', 20],
    ['40 to 60', 20],
    ['60 to 80', 20],
    ['80 to 100', 21],
    ['100 to 120', 0],
    ['120 to 140', 1],
    ['140 to 160', 1],
  ])
  const orders = await previewTrait({ ...request, name: 'orders' })
  expect(orders.distribution).toEqual([
    { value: '1', count: 100 },
    { value: '3', count: 3 },
  ])
  expect(orders.sql).toContain('shop.orders')
  expect(await stored()).toEqual(before)
  await warehouse.command('TRUNCATE TABLE shop.orders')
  expect(await previewTrait({ ...request, name: 'spent' })).toMatchObject({ entities: 0, rows: [], distribution: [] })
})
