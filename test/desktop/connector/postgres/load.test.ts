import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClickHouse, type ClickHouseWarehouse } from '#desktop/host/clickhouse.ts'
import { postgres } from '#desktop/connector/postgres/index.ts'
import { runSource, type SourceRun } from '#core/pipeline/run.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { startTestPostgres, type TestPostgres } from '#test/fixture/postgres.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { systemClock } from '#core/lib/runtime.ts'

let server: TestPostgres
let service: TestWarehouse
let warehouse: ClickHouseWarehouse
let runs = 0

beforeAll(async () => {
  const starting = [startTestPostgres(), startTestWarehouse()] as const
  server = await starting[0]
  service = await starting[1]
  warehouse = createClickHouse(service)
})

afterAll(async () => {
  await warehouse.close()
  await service.stop()
  await server.stop()
})

async function setUp(name: string, sql: string, settings: Record<string, unknown> = {}) {
  const client = await server.database(name)
  await client.query(sql)
  const { port, user, password } = server
  const config = { host: '127.0.0.1', port, database: name, user, password, ssl: 'disable', slot: name, ...settings }
  const state = memoryState()
  const sync = (options: Partial<SourceRun> = {}) =>
    runSource({
      source: postgres,
      config,
      sourceName: name,
      database: name,
      state,
      warehouse,
      runtime: testRuntime({ clock: systemClock }),
      runId: `run-${++runs}`,
      ...options,
    })
  return { client, sync }
}

test('a table is loaded whole, with its values exact', async () => {
  const { client, sync } = await setUp(
    'whole',
    'CREATE TABLE t (id int8 PRIMARY KEY, at timestamptz, n numeric(12, 2), tags text[], j jsonb)',
    { chunk_size: 700 },
  )
  await client.query(
    `INSERT INTO t SELECT 9007199254740993 + i, '2026-01-01', i / 4.0, ARRAY['a', NULL], '{"k": 1}' FROM generate_series(1, 3000) i`,
  )
  expect(await sync()).toMatchObject({ status: 'succeeded', counts: { rows_written: 3000, row_errors: 0 } })
  expect(
    await queryRows(warehouse, 'SELECT count() AS c, toString(max(id)) AS top, sum(n) AS total, any(tags) AS tags FROM whole.t'),
  ).toEqual([{ c: '3000', top: '9007199254743993', total: 1_125_375, tags: ['a', null] }])
})

test('what does not fit a column of the warehouse stands in the row', async () => {
  const { sync } = await setUp(
    'unfit',
    "CREATE TABLE t (id int PRIMARY KEY, f float8, d date); INSERT INTO t VALUES (1, 'NaN', 'infinity')",
  )
  expect(await sync()).toMatchObject({ status: 'succeeded', counts: { rows_written: 1, row_errors: 1 } })
  expect(await queryRows(warehouse, 'SELECT f, d, _millrace_errors FROM unfit.t')).toEqual([
    { f: null, d: null, _millrace_errors: { f: '"NaN"', d: '"infinity"' } },
  ])
})

test('followed, with writers at work, runs that break off and a server that crashes: the warehouse equals the database', async () => {
  const { client, sync } = await setUp(
    'followed',
    `CREATE TABLE t (id int PRIMARY KEY, v text, big text); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
    INSERT INTO t SELECT i, 'v' || i, (SELECT string_agg(md5(i::text || k), '') FROM generate_series(1, 100) k) FROM generate_series(1, 600) i`,
    { replication: 'logical', chunk_size: 100 },
  )
  let step = 0
  let written: Promise<unknown> = Promise.resolve()
  // A transaction for each report of progress: between loads, within the first read and within the log.
  const write = () => {
    step++
    const sql = `BEGIN; INSERT INTO t VALUES (${1000 + step}, 'new', 'small'); UPDATE t SET v = 'step ${step}' WHERE id % 89 = ${step % 89};
      DELETE FROM t WHERE id = ${(step * 37) % 600}; UPDATE t SET id = ${100_000 + step} WHERE id = ${(step * 53) % 600}; COMMIT`
    written = written.then(() => client.query(sql))
  }
  // Small batches, so that a run that breaks off has committed something.
  const batch = { records: 100, bytes: 1_000_000 }
  for (const pieces of [1, 1, 2]) {
    const stopping = new AbortController()
    const runtime = testRuntime({ clock: systemClock, signal: stopping.signal })
    let loads = 0
    const progress = () => {
      write()
      if (++loads > pieces) stopping.abort(new Error('stopped'))
    }
    const outcome = await sync({ batch, runtime, progress })
    expect(outcome.status).toBe('cancelled')
  }
  expect(await sync({ batch, progress: write })).toMatchObject({ status: 'succeeded', counts: { row_errors: 0 } })
  await written
  expect(step).toBeGreaterThan(5)
  await client.query('CHECKPOINT')
  await server.crash()
  const again = await server.client('followed')
  await again.query(
    "ALTER TABLE t ADD note text DEFAULT 'none'; DELETE FROM t WHERE id % 10 = 3; UPDATE t SET note = 'seen' WHERE id % 10 = 4",
  )
  const result = await sync()
  expect(result).toMatchObject({ status: 'succeeded', streams: [{ mode: 'incremental_deduped' }] })
  const rows = await queryRows<{ line: string }>(
    warehouse,
    "SELECT concat(toString(id), '|', v, '|', hex(MD5(big)), '|', note) AS line FROM followed.t ORDER BY id",
  )
  const held = await again.query("SELECT id || '|' || v || '|' || upper(md5(big)) || '|' || note AS line FROM t ORDER BY id")
  expect(rows.map(({ line }) => line)).toEqual(held.rows.map(({ line }) => line as string))
  expect(rows.length).toBeGreaterThan(100)
})

test('after TRUNCATE the stream says how it is refreshed, and that mends it', async () => {
  const { client, sync } = await setUp('emptied', 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)', {
    replication: 'logical',
  })
  await sync()
  await client.query('TRUNCATE t; INSERT INTO t VALUES (3)')
  expect(await sync()).toMatchObject({
    status: 'failed',
    error: { code: 'table-truncated', mend: expect.stringContaining('drop its table') },
  })
  for (const sql of ['DROP VIEW emptied.t', 'DROP TABLE emptied.t__raw']) await warehouse.command(sql)
  expect(await sync()).toMatchObject({ status: 'succeeded' })
  expect(await queryRows(warehouse, 'SELECT id FROM emptied.t')).toEqual([{ id: '3' }])
})
