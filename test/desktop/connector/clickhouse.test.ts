import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { unwrap } from '#core/lib/result.ts'
import { runSource } from '#core/pipeline/run.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { clickhouse, type ClickHouseConfig } from '#desktop/connector/clickhouse/index.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { readStream } from '#test/fixture/source-reader.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let server: TestWarehouse
let warehouse: ClickHouseWarehouse
let databases = 0

beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
})

afterAll(async () => {
  await warehouse.close()
  await server.stop()
})

/** A database of the test's own, with tables made by the statements; `db.` in them is it. */
async function createDatabase(
  ...statements: string[]
): Promise<{ database: string; config: ClickHouseConfig; run(sql: string): Promise<unknown> }> {
  const database = `app${++databases}`
  const run = (sql: string) => warehouse.command(sql.replaceAll('db.', `${database}.`))
  await run(`CREATE DATABASE ${database}`)
  for (const statement of statements) await run(statement)
  return { database, run, config: clickhouse.config.parse({ url: server.url, user: server.user, password: server.password, database }) }
}

const readWhole = async (config: ClickHouseConfig, name: string) => {
  const outcome = await readStream(clickhouse, config, { name, mode: 'full-refresh' })
  expect(outcome.error).toBeUndefined()
  return outcome.records
}

const ids = ({ records }: { records: JsonObject[] }) => records.map(({ id }) => id)

test('tells tables with keys that are unique, types and cursors', async () => {
  const { config } = await createDatabase(
    "CREATE TABLE db.t (id UInt32, at DateTime64(3, 'Asia/Tokyo'), v Nullable(Decimal(10, 2)), kind LowCardinality(String), updated_at DateTime) ENGINE = ReplacingMergeTree(updated_at) ORDER BY (kind, id)",
    'CREATE TABLE db.plain (id Int64, tags Array(Nullable(String)), o Tuple(a Int8, b String), m Map(String, UInt64)) ENGINE = MergeTree ORDER BY id',
    'CREATE TABLE db.hashed (id Int64) ENGINE = ReplacingMergeTree ORDER BY (intHash32(id), id)',
    'CREATE VIEW db.v AS SELECT id FROM db.plain',
  )
  const { streams } = unwrap(await clickhouse.discover({ ...config, keys: { plain: ['id'] } }, testRuntime()))
  const [hashed, plain, t, v] = streams
  expect(t).toEqual({
    name: 't',
    schema: {
      type: 'object',
      properties: {
        id: { type: 'integer' },
        at: { type: 'string', format: 'date-time' },
        v: { type: ['string', 'null'] },
        kind: { type: 'string' },
        updated_at: { type: 'string', format: 'date-time' },
      },
    },
    primaryKey: [['kind'], ['id']],
    cursorField: ['updated_at'],
    modes: ['full-refresh', 'incremental'],
    resumable: true,
  })
  expect(plain).toMatchObject({ primaryKey: [['id']], modes: ['full-refresh'], resumable: true })
  expect(plain!.schema.properties).toEqual({
    id: { type: 'integer' },
    tags: { type: 'array', items: { type: ['string', 'null'] } },
    o: { type: 'object' },
    m: { type: 'object' },
  })
  expect(hashed!.primaryKey).toEqual([])
  expect(v).toMatchObject({ name: 'v', primaryKey: [] })
})

test('tells values exactly', async () => {
  const { config } = await createDatabase(
    `CREATE TABLE db.t (
      big Int256, u64 UInt64, i64 Int64, dec Decimal(38, 10), at DateTime64(6, 'America/New_York'), d Date32, f Float64, nan Float32,
      m Map(String, Int64), o Tuple(a Int8, b Nullable(String)), pair Tuple(Int8, String), j JSON, e Enum8('ok' = 1, 'bad' = 2),
      b Bool, u UUID, ip IPv6, lc LowCardinality(Nullable(String)), l Array(Array(DateTime)), s SimpleAggregateFunction(max, UInt8),
      a AggregateFunction(sum, UInt8)) ENGINE = MergeTree ORDER BY tuple()`,
    `INSERT INTO db.t SELECT '57896044618658097711785492504343953926634992332820282019728792003956564819967', 18446744073709551615, -9007199254740993,
      toDecimal128('12345678901234567890.0123456789', 10), '2026-11-01 01:30:00.000001', '2200-12-31', 0.1, nan, map('x', 9007199254740993), (1, NULL), (1, 'y'),
      '{"deep": {"n": 9007199254740993, "t": "é"}}', 'bad', true, '61f0c404-5cb3-11e7-907b-a6006ad3dba0', '::1', NULL, [[toDateTime('2026-01-01 00:00:00', 'UTC')]],
      7, sumState(toUInt8(number)) FROM numbers(4)`,
  )
  expect(await readWhole(config, 't')).toEqual([
    {
      big: '57896044618658097711785492504343953926634992332820282019728792003956564819967',
      u64: '18446744073709551615',
      i64: '-9007199254740993',
      dec: '12345678901234567890.0123456789',
      // Half past one comes twice that night; ClickHouse takes the first.
      at: '2026-11-01T05:30:00.000001Z',
      d: '2200-12-31',
      f: 0.1,
      nan: 'nan',
      m: { x: '9007199254740993' },
      o: { a: 1, b: null },
      pair: [1, 'y'],
      j: { deep: { n: '9007199254740993', t: 'é' } },
      e: 'bad',
      b: true,
      u: '61f0c404-5cb3-11e7-907b-a6006ad3dba0',
      ip: '::1',
      lc: null,
      l: [['2026-01-01T00:00:00Z']],
      s: 7,
      a: 6,
    },
  ])
})

describe('reading in parts', () => {
  test('a full refresh that broke off is taken up where it was, by a key of text, time and number', async () => {
    const { config } = await createDatabase(
      "CREATE TABLE db.t (s String, at DateTime64(2, 'America/New_York'), n Int64) ENGINE = ReplacingMergeTree ORDER BY (s, at, n)",
      `INSERT INTO db.t SELECT concat('a\\'\\\\\\t', toString(number % 7)), toDateTime64('2026-11-01 04:00:00', 2, 'UTC') + intDiv(number, 9) / 4, number - 20000 FROM numbers(40000)`,
    )
    const whole = await readWhole(config, 't')
    expect(whole).toHaveLength(40_000)
    for (const breakAt of [0, 2]) {
      let left = breakAt
      const first = await readStream(
        clickhouse,
        config,
        { name: 't', mode: 'full-refresh' },
        ({ type }) => type === 'state' && left-- === 0,
      )
      const rest = await readStream(clickhouse, config, { name: 't', mode: 'full-refresh', state: first.states.at(-1)! })
      expect(first.records.length).toBeLessThan(40_000)
      expect([...first.records, ...rest.records]).toEqual(whole)
    }
  })

  test('an incremental read goes on from the last cursor value, included, and a range has its beginning and not its end', async () => {
    const { config, run } = await createDatabase(
      "CREATE TABLE db.t (id String, updated_at Nullable(DateTime('Asia/Tokyo'))) ENGINE = MergeTree ORDER BY id",
      "INSERT INTO db.t VALUES ('n', NULL), ('a', 1767225600), ('b', 1767225601)",
    )
    const read = (more: JsonObject) => readStream(clickhouse, config, { name: 't', mode: 'incremental', ...more })
    const first = await read({})
    expect(ids(first)).toEqual(['n', 'a', 'b'])
    await run("INSERT INTO db.t VALUES ('c', 1767225601), ('d', 1767225602)")
    const second = await read({ state: first.states.at(-1)! })
    expect(ids(second).toSorted()).toEqual(['b', 'c', 'd'])
    expect(ids(await read({ state: second.states.at(-1)! }))).toEqual(['d'])
    expect(ids(await read({ range: { from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:01Z' } }))).toEqual(['a'])
  })
})

test('the warehouse equals the server after changes, run by run', async () => {
  const { config, database, run } = await createDatabase(
    'CREATE TABLE db.orders (id UInt64, total Decimal(12, 2), meta JSON, updated_at DateTime64(3)) ENGINE = ReplacingMergeTree(updated_at) ORDER BY id',
    'CREATE TABLE db.events (n UInt32, name LowCardinality(String)) ENGINE = MergeTree ORDER BY tuple()',
  )
  const state = memoryState()
  const target = `${database}_copy`
  for (let round = 0; round < 3; round++) {
    await run(
      `INSERT INTO db.orders SELECT number * ${round + 1}, number / 3, concat('{"n":', toString(number), '}'), toDateTime64(1767225600 + ${round}, 3) FROM numbers(12000)`,
    )
    await run(`INSERT INTO db.events SELECT number, 'e${round}' FROM numbers(3000)`)
    const result = await runSource({
      source: clickhouse,
      config: { ...config },
      sourceName: target,
      database: target,
      state,
      warehouse,
      runtime: testRuntime(),
      runId: `run-${round}`,
    })
    expect(result).toMatchObject({ status: 'succeeded', counts: { row_errors: 0 } })
    const [counted] = await queryRows<JsonObject>(
      warehouse,
      `SELECT
        (SELECT groupBitXor(cityHash64(id, toString(total), toString(meta.n), toUnixTimestamp64Milli(updated_at))) FROM ${database}.orders FINAL) AS wanted,
        (SELECT groupBitXor(cityHash64(toUInt64(assumeNotNull(id)), assumeNotNull(total), toString(meta.n), toUnixTimestamp64Milli(assumeNotNull(updated_at)))) FROM ${target}.orders) AS found,
        (SELECT count() FROM ${database}.orders FINAL) AS wantedRows, (SELECT count() FROM ${target}.orders) AS rows,
        (SELECT groupBitXor(cityHash64(n, name)) FROM ${database}.events) AS wantedEvents,
        (SELECT groupBitXor(cityHash64(toUInt32(assumeNotNull(n)), assumeNotNull(name))) FROM ${target}.events) AS events`,
    )
    expect(counted).toMatchObject({ found: counted!.wanted, rows: counted!.wantedRows, events: counted!.wantedEvents })
    expect(Number(counted!.rows)).toBeGreaterThan(0)
  }
})

test('errors say what is wrong and what to do', async () => {
  const { config } = await createDatabase('CREATE TABLE db.orders (id Int8) ENGINE = MergeTree ORDER BY id')
  const failure = async (changes: Partial<ClickHouseConfig>) => {
    const result = await clickhouse.check({ ...config, ...changes }, testRuntime())
    return result.ok ? undefined : result.error.toJSON()
  }
  expect(await failure({})).toBeUndefined()
  expect(await failure({ password: 'wrong' })).toMatchObject({ code: 'database-auth', fault: 'config' })
  expect(await failure({ database: 'nowhere' })).toMatchObject({ code: 'no-such-database', fault: 'config' })
  expect(await failure({ url: 'http://127.0.0.1:1' })).toMatchObject({ code: 'database-unreachable', fault: 'transient' })
  expect(await failure({ keys: { orders: ['di'] } })).toMatchObject({ code: 'invalid-key', mend: 'Did you mean "id"?' })
  expect((await readStream(clickhouse, config, { name: 'order', mode: 'full-refresh' })).error).toMatchObject({ code: 'unknown-stream' })
})
