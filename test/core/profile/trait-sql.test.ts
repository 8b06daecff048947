import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { oneBatch } from '#core/lib/batch.ts'
import { compileTrait, traitSql } from '#core/profile/trait-sql.ts'
import { loadStack } from '#core/stack/load.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { stackOf } from '#test/fixture/stack-files.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let server: TestWarehouse
let warehouse: ClickHouseWarehouse
const { signal } = new AbortController()

beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
  await warehouse.command('CREATE DATABASE shop')
})

afterAll(async () => {
  await warehouse?.close()
  await server?.stop()
})

interface Order {
  n: number
  user: string | null
  total: number | null
  category: string | null
  at: number | null
}

const oddIds = ["o'hara", 'back\\slash', '`tick`', '日本', 'a b', '{{x}}', '--', '', '1', '01', 'NULL', '%']
const order = fc.record({
  user: fc.oneof(fc.constantFrom(...oddIds), fc.constant(null), fc.string({ maxLength: 3, unit: 'grapheme-ascii' })),
  // Halves add up exactly in binary, whatever the order.
  total: fc.option(fc.integer({ min: -20, max: 400 }).map((n) => n / 2)),
  category: fc.option(fc.constantFrom('tea', 'coffee', "wholesaler's", '')),
  at: fc.option(fc.integer({ min: 0, max: 100 }).map((day) => 1_700_000_000_000 + day * 86_400_000)),
})
const orders: Order[] = fc
  .sample(fc.array(order, { minLength: 400, maxLength: 400 }), { numRuns: 1, seed: 7 })[0]!
  .map((row, n) => ({ n, ...row }))
const now = 1_700_000_000_000 + 60 * 86_400_000

/** A trait computed here, from the same rows. */
function expected(rows: Order[], compute: (own: Order[]) => unknown): Map<string, unknown> {
  const groups = Map.groupBy(
    rows.filter(({ user }) => user !== null && user !== ''),
    ({ user }) => user!,
  )
  return new Map([...groups].map(([id, own]) => [id, compute(own)] as const).filter(([, value]) => value !== undefined))
}

const totals = (own: Order[]) => own.flatMap(({ total }) => (total === null ? [] : [total]))
const orUndefined = (values: number[], compute: (values: number[]) => number) => (values.length === 0 ? undefined : compute(values))
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0)
const timed = (own: Order[]) =>
  own
    .filter(({ category, at }) => category !== null && at !== null)
    .toSorted((a, b) => a.at! - b.at! || (a.category! < b.category! ? -1 : 1))

const cases: [string, Record<string, unknown>, (own: Order[]) => unknown][] = [
  ['count', { type: 'count' }, (own) => own.length],
  ['exists', { type: 'exists' }, () => true],
  [
    'count where',
    { type: 'count', where: "category = 'tea' OR total > 100" },
    (own) => own.filter((row) => row.category === 'tea' || (row.total ?? 0) > 100).length || undefined,
  ],
  [
    'where that ends in a comment',
    { type: 'count', where: 'total > 100 -- big ones' },
    (own) => own.filter((row) => (row.total ?? 0) > 100).length || undefined,
  ],
  [
    'count in a window',
    { type: 'count', window: '30 days' },
    (own) => own.filter(({ at }) => at !== null && at >= now - 30 * 86_400_000).length || undefined,
  ],
  ['sum', { type: 'sum', value: 'total' }, (own) => orUndefined(totals(own), sum)],
  ['average', { type: 'average', value: 'total' }, (own) => orUndefined(totals(own), (values) => sum(values) / values.length)],
  ['min', { type: 'min', value: 'total' }, (own) => orUndefined(totals(own), (values) => Math.min(...values))],
  ['max', { type: 'max', value: 'total' }, (own) => orUndefined(totals(own), (values) => Math.max(...values))],
  [
    'count_distinct',
    { type: 'count_distinct', value: 'category' },
    (own) => new Set(own.flatMap(({ category }) => category ?? [])).size || undefined,
  ],
  ['first', { type: 'first', value: 'category' }, (own) => timed(own)[0]?.category ?? undefined],
  ['last', { type: 'last', value: 'category' }, (own) => timed(own).at(-1)?.category ?? undefined],
  [
    'most_frequent',
    { type: 'most_frequent', value: 'category' },
    (own) => {
      const counts = Map.groupBy(
        own.flatMap(({ category }) => category ?? []),
        (category) => category,
      )
      return [...counts].toSorted(([a, ofA], [b, ofB]) => ofB.length - ofA.length || (a < b ? -1 : 1))[0]?.[0]
    },
  ],
]

describe('typed traits give what the same rows give in TypeScript', () => {
  beforeAll(async () => {
    await warehouse.command(
      `CREATE TABLE shop.orders (id String, value String, user_id Nullable(String), total Nullable(Float64), category Nullable(String), timestamp Nullable(DateTime64(3, 'UTC')))
       ENGINE = MergeTree ORDER BY id`,
    )
    const rows = orders.map(({ n, user, total, category, at }) => ({
      id: `order ${n}`,
      value: 'not it',
      user_id: user,
      total,
      category,
      timestamp: at === null ? null : new Date(at).toISOString(),
    }))
    await warehouse.insert({ database: 'shop', table: 'orders' }, oneBatch(rows))
  })

  test.each(cases)('%s', async (_name, settings, compute) => {
    const trait = { entity: 'user', from: 'shop.orders', id: 'user_id', timestamp: 'timestamp', ...settings } as Parameters<
      typeof traitSql
    >[0]
    const sql = traitSql(trait, { from: 'shop.orders', now: `toDateTime64(${now / 1000}, 3, 'UTC')` })
    const found = await queryRows<{ id: string; value: unknown }>(warehouse, sql, {
      settings: { output_format_json_quote_64bit_integers: 0 },
    })
    const wanted = expected(orders, compute)
    expect(wanted.size).toBeGreaterThan(5)
    expect(new Map(found.map(({ id, value }) => [id, value]))).toEqual(wanted)
    expect(found).toHaveLength(wanted.size)
  })
})

async function compiled(files: Record<string, string>) {
  const stack = await loadStack(stackOf({ 'millrace.yaml': 'name: shop', ...files }))
  expect(stack.problems).toEqual([])
  const trait = await compileTrait(warehouse, stack, stack.traits[0]!, signal)
  return { ...trait, rows: await queryRows<{ id: string; value: unknown }>(warehouse, `SELECT * FROM (${trait.sql}) ORDER BY id`) }
}

test('numbers as ids become strings, and text is added up where it is a number', async () => {
  await warehouse.command(
    "CREATE TABLE shop.text ENGINE = Memory AS SELECT * FROM VALUES('customer UInt64, amount String, at DateTime', (1, '1.5', now()), (1, '2', now()), (18446744073709551615, 'x', now()), (3, '4', now()))",
  )
  const { rows, type } = await compiled({ 'traits/spent.yaml': 'type: sum\nvalue: amount\nfrom: shop.text\nid: customer\n' })
  expect(rows).toEqual([
    { id: '1', value: 3.5 },
    { id: '3', value: 4 },
  ])
  expect(type).toBe('Nullable(Float64)')
})

test('values of a JSON column (type Dynamic) can be traits of every kind', async () => {
  await warehouse.command('CREATE TABLE shop.json (u String, p JSON, timestamp DateTime) ENGINE = MergeTree ORDER BY u')
  await warehouse.command(
    `INSERT INTO shop.json FORMAT JSONEachRow {"u":"a","p":{"total":3,"sku":"x"},"timestamp":"2026-01-01 00:00:00"} {"u":"a","p":{"total":"4.5","sku":"y"},"timestamp":"2026-01-02 00:00:00"}`,
  )
  for (const [type, path, value] of [
    ['sum', 'total', 7.5],
    ['last', 'sku', 'y'],
    ['first', 'sku', 'x'],
    ['max', 'sku', 'y'],
    ['most_frequent', 'sku', 'x'],
    ['count_distinct', 'sku', '2'],
  ]) {
    expect((await compiled({ 'traits/t.yaml': `type: ${type}\nvalue: p.${path}\nfrom: shop.json\nid: u\n` })).rows).toEqual([
      { id: 'a', value },
    ])
  }
})

test('a trait reads from a model, a query, and a table of a source', async () => {
  await warehouse.command('CREATE DATABASE IF NOT EXISTS models')
  await warehouse.command("CREATE VIEW models.buyers AS SELECT 'u1' AS user_id, 5 AS spent")
  for (const from of ["ref('buyers')", '"{{ ref(buyers) }}"', '"SELECT * FROM ref(buyers) -- all"', 'source(crm, buyers)']) {
    await warehouse.command('CREATE DATABASE IF NOT EXISTS crm_raw')
    await warehouse.command("CREATE OR REPLACE VIEW crm_raw.buyers AS SELECT 'u1' AS user_id, 5 AS spent")
    const { rows } = await compiled({
      'models/buyers.sql': "SELECT 'u1' AS user_id, 5 AS spent",
      'sources/crm.yaml': 'kind: etl\nconnector: x\ndatabase: crm_raw\n',
      'traits/spent.yaml': `type: max\nvalue: spent\nfrom: ${from}\n`,
    })
    expect(rows).toEqual([{ id: 'u1', value: 5 }])
  }
})

test('an SQL trait keeps its ids as strings and drops those without id or value', async () => {
  const sql =
    "-- description: x\nSELECT * FROM VALUES('id Nullable(Int64), value Nullable(String)', (1, 'a'), (2, NULL), (NULL, 'c')); -- end"
  const { rows, type } = await compiled({ 'traits/letter.sql': sql })
  expect(rows).toEqual([{ id: '1', value: 'a' }])
  expect(type).toBe('Nullable(String)')
})

test.each([
  ['traits/t.sql', 'SELECT 1 AS user, 2 AS value', { code: 'invalid-sql', message: expect.stringContaining('"id"') }],
  ['traits/t.sql', '-- note\nSELECT 1 AS id,\n  valu FROM shop.orders', { code: 'invalid-sql', at: { file: 'traits/t.sql' } }],
  ['traits/t.sql', '-- note\nSELECT 1 AS id,\n  2 AS value FROM FROM x', { code: 'invalid-sql', at: { file: 'traits/t.sql', line: 3 } }],
  [
    'traits/t.yaml',
    'type: count\nfrom: shop.nothing',
    { code: 'invalid-sql', at: { file: 'traits/t.yaml' }, message: expect.stringContaining('nothing') },
  ],
  [
    'traits/t.yaml',
    'type: count\nfrom: ref(nothing)',
    { code: 'unknown-ref', at: { file: 'traits/t.yaml', line: 2, column: 7, field: 'from' } },
  ],
])('%s with a mistake names it and its place: %#', async (path, text, error) => {
  const stack = await loadStack(stackOf({ 'millrace.yaml': 'name: shop', [path]: text }))
  await expect(compileTrait(warehouse, stack, stack.traits[0]!, signal)).rejects.toMatchObject(error)
})
