import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Stream } from '#core/connector/source.ts'
import { unwrap } from '#core/lib/result.ts'
import { runSource } from '#core/pipeline/run.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { sqlite } from '#desktop/connector/sqlite/index.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { readStream } from '#test/fixture/source-reader.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let server: TestWarehouse
let warehouse: ClickHouseWarehouse

beforeAll(async () => {
  server = await startTestWarehouse()
  warehouse = createClickHouse(server)
})

afterAll(async () => {
  await warehouse.close()
  await server.stop()
})

/** A database file of the test's own, in WAL mode as a live application has it. */
function createDatabase(sql: string) {
  const path = join(tempFolder(), 'app.db')
  const database = new Sqlite(path)
  database.pragma('journal_mode = WAL')
  database.exec(sql)
  return { path, database, config: { path, cursors: {} as Record<string, string> } }
}

async function streamsOf(config: { path: string; cursors: Record<string, string> }): Promise<Record<string, Stream>> {
  const { streams } = unwrap(await sqlite.discover(config, testRuntime()))
  return Object.fromEntries(streams.map((stream) => [stream.name, stream]))
}

const readWhole = (config: { path: string; cursors: Record<string, string> }, name: string) =>
  readStream(sqlite, config, { name, mode: 'full-refresh' })

describe('discover', () => {
  test('tells tables and views with keys, types and cursors', async () => {
    const { config } = createDatabase(`
      CREATE TABLE orders (id INTEGER PRIMARY KEY, total REAL NOT NULL, note VARCHAR(20), updated_at TEXT, paid DATETIME, pic BLOB);
      CREATE TABLE lines (order_id INT, n INT, PRIMARY KEY (n, order_id)) WITHOUT ROWID;
      CREATE VIEW big AS SELECT * FROM orders WHERE total > 100;`)
    const { orders, lines, big } = await streamsOf(config)
    expect(orders).toEqual({
      name: 'orders',
      schema: {
        type: 'object',
        properties: {
          id: { type: ['integer', 'null'] },
          total: { type: 'number' },
          note: { type: ['string', 'null'] },
          updated_at: { type: ['string', 'null'] },
          paid: {},
          pic: { type: ['string', 'null'], contentEncoding: 'base64' },
        },
      },
      primaryKey: [['id']],
      cursorField: ['updated_at'],
      modes: ['full-refresh', 'incremental'],
      resumable: true,
    })
    expect(lines).toMatchObject({ primaryKey: [['n'], ['order_id']], modes: ['full-refresh'], resumable: true })
    expect(big).toMatchObject({ primaryKey: [], cursorField: ['updated_at'] })
    expect(big!.resumable).toBeUndefined()
  })

  test('takes the cursor that the settings name, and says so when it is not there', async () => {
    const { config } = createDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at TEXT, seen INT, pic BLOB)')
    expect((await streamsOf({ ...config, cursors: { t: 'seen' } })).t!.cursorField).toEqual(['seen'])
    const refused = (cursors: Record<string, string>) => sqlite.check({ ...config, cursors }, testRuntime())
    expect(await refused({ t: 'sene' })).toMatchObject({ error: { code: 'invalid-cursor', mend: 'Did you mean "seen"?' } })
    expect(await refused({ tt: 'seen' })).toMatchObject({ error: { code: 'invalid-cursor', mend: 'Did you mean "t"?' } })
    expect(await refused({ t: 'pic' })).toMatchObject({ error: { code: 'invalid-cursor', fault: 'config' } })
  })
})

describe('a full refresh', () => {
  test('tells values exactly', async () => {
    const { config, database } = createDatabase('CREATE TABLE t (a, b INT, c TEXT, d BLOB, e REAL)')
    const insert = database.prepare('INSERT INTO t VALUES (?, ?, ?, ?, ?)')
    insert.run(9223372036854775807n, -9223372036854775808n, 'naïve 🌍', Buffer.from([0, 255]), Number.POSITIVE_INFINITY)
    insert.run(1.5, 'not a number', '', null, -0.1)
    expect((await readWhole(config, 't')).records).toEqual([
      { a: '9223372036854775807', b: '-9223372036854775808', c: 'naïve 🌍', d: 'AP8=', e: 'Infinity' },
      { a: 1.5, b: 'not a number', c: '', d: null, e: -0.1 },
    ])
  })

  test('broken off anywhere and taken up again has every row once, whatever its key', async () => {
    const value = fc.oneof(
      fc.bigInt(-5n, 5n),
      fc.double({ noNaN: true, min: -3, max: 3 }),
      fc.string({ maxLength: 3 }),
      fc.uint8Array({ maxLength: 3 }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 2500 }), fc.nat(6), async (keys, breakAt) => {
        const { config, database } = createDatabase('CREATE TABLE t (a, b, PRIMARY KEY (b, a)) WITHOUT ROWID')
        const insert = database.prepare('INSERT OR IGNORE INTO t VALUES (?, ?)')
        database.transaction(() =>
          keys.forEach((pair) => insert.run(...pair.map((part) => (part instanceof Uint8Array ? Buffer.from(part) : part)))),
        )()
        let left = breakAt
        const first = await readStream(sqlite, config, { name: 't', mode: 'full-refresh' }, ({ type }) => type === 'state' && left-- === 0)
        const rest = await readStream(sqlite, config, { name: 't', mode: 'full-refresh', state: first.states.at(-1)! })
        const expected = (await readWhole(config, 't')).records
        expect(expected).toHaveLength(Number(database.prepare('SELECT count(*) FROM t').pluck().get()))
        expect([...first.records, ...rest.records]).toEqual(expected)
        database.close()
      }),
      { numRuns: 15 },
    )
  })

  test('goes on while an application writes', async () => {
    const { config, database } = createDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, n INT)')
    database.exec('WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 30000) INSERT INTO t SELECT i, i FROM s')
    let writes = 0
    const { records, error } = await readStream(sqlite, config, { name: 't', mode: 'full-refresh' }, ({ type }) => {
      if (type === 'records') database.prepare('UPDATE t SET n = n + 1 WHERE id = ?').run(++writes)
      return false
    })
    expect(error).toBeUndefined()
    expect(writes).toBeGreaterThan(2)
    expect(new Set(records.map(({ id }) => id)).size).toBe(30_000)
  })

  test('of a view, and of a table with columns named as the rowid, has every row', async () => {
    const { config, database } = createDatabase(`
      CREATE TABLE t (rowid TEXT, _rowid_ TEXT); CREATE TABLE u (rowid TEXT, _rowid_ TEXT, oid TEXT); CREATE VIEW v AS SELECT rowid AS r FROM t`)
    database.exec(`WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 3000) INSERT INTO t SELECT 'same', i FROM s`)
    database.exec('INSERT INTO u SELECT rowid, _rowid_, 1 FROM t')
    for (const name of ['t', 'u', 'v']) expect((await readWhole(config, name)).records).toHaveLength(3000)
  })
})

describe('an incremental read', () => {
  test('by a cursor that is not unique misses no row that got the last value later', async () => {
    const { config, database } = createDatabase(`CREATE TABLE t (id TEXT PRIMARY KEY, updated_at TEXT);
      INSERT INTO t VALUES ('b', '2026-01-01'), ('c', '2026-01-02'), ('n', NULL)`)
    const first = await readStream(sqlite, config, { name: 't', mode: 'incremental' })
    expect(first.records.map(({ id }) => id)).toEqual(['n', 'b', 'c'])
    database.exec(`INSERT INTO t VALUES ('a', '2026-01-02'), ('d', '2026-01-03')`)
    const second = await readStream(sqlite, config, { name: 't', mode: 'incremental', state: first.states.at(-1)! })
    expect(second.records.map(({ id }) => id)).toEqual(['c', 'a', 'd'])
    expect(second.states.at(-1)).toEqual({ cursor: '2026-01-03' })
  })

  test('broken off anywhere goes on with the next row, among rows of one cursor value too', async () => {
    const { config, database } = createDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at TEXT)')
    database.exec(
      `WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < 9000)
       INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN '2026-01-01' ELSE '2026-01-02' END FROM s`,
    )
    for (const breakAt of [0, 1, 2]) {
      let left = breakAt
      const first = await readStream(sqlite, config, { name: 't', mode: 'incremental' }, ({ type }) => type === 'state' && left-- === 0)
      const rest = await readStream(sqlite, config, { name: 't', mode: 'incremental', state: first.states.at(-1)! })
      const ids = [...first.records, ...rest.records].map(({ id }) => id as number)
      expect(first.records.length).toBeLessThan(9000)
      expect(ids).toHaveLength(9000)
      expect(new Set(ids).size).toBe(9000)
    }
  })

  test('by the rowid reads only what is new', async () => {
    const { config, database } = createDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (9007199254740993)')
    const settings = { ...config, cursors: { t: 'id' } }
    const first = await readStream(sqlite, settings, { name: 't', mode: 'incremental' })
    expect(first.records).toEqual([{ id: 1 }, { id: '9007199254740993' }])
    database.exec('INSERT INTO t VALUES (9007199254740994)')
    const second = await readStream(sqlite, settings, { name: 't', mode: 'incremental', state: first.states.at(-1)! })
    expect(second.records).toEqual([{ id: '9007199254740994' }])
    const third = await readStream(sqlite, settings, { name: 't', mode: 'incremental', state: second.states.at(-1)! })
    expect(third.records).toEqual([])
    expect(third.states.at(-1)).toEqual(second.states.at(-1))
  })

  test('of a range has its beginning and not its end', async () => {
    const { config } = createDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, updated_at TEXT);
      INSERT INTO t VALUES (1, 9, '2026-01-01'), (2, 10, '2026-01-02'), (3, 11, '2026-01-03'), (4, NULL, NULL)`)
    const range = async (cursors: Record<string, string>, from: string, to: string) =>
      (await readStream(sqlite, { ...config, cursors }, { name: 't', mode: 'incremental', range: { from, to } })).records.map(
        ({ id }) => id,
      )
    expect(await range({}, '2026-01-01', '2026-01-03')).toEqual([1, 2])
    expect(await range({ t: 'n' }, '10', '12')).toEqual([2, 3])
  })

  test('refuses a state of another source', async () => {
    const { config } = createDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, updated_at TEXT)')
    const { error } = await readStream(sqlite, config, { name: 't', mode: 'incremental', state: { lsn: '0/1' } })
    expect(error).toMatchObject({ code: 'invalid-state', fault: 'config' })
  })
})

test('the warehouse equals the database after changes, run by run', async () => {
  const { config, database } = createDatabase(`
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total REAL, big INT, updated_at TEXT);
    CREATE TABLE tags (name TEXT PRIMARY KEY, n INT) WITHOUT ROWID;`)
  const random = fc.sample(fc.nat(999), { numRuns: 3000, seed: 4 })
  const put = database.prepare('INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?)')
  const state = memoryState()
  for (let round = 0; round < 3; round++) {
    database.transaction(() =>
      random.slice(round * 1000, (round + 1) * 1000).forEach((id, index) => {
        put.run(
          id,
          `customer ${id} of ${round}`,
          id / 7,
          9007199254740993n + BigInt(index),
          `2026-01-0${round + 1} 10:00:${String(index % 60).padStart(2, '0')}`,
        )
      }),
    )()
    database.prepare('INSERT OR REPLACE INTO tags VALUES (?, ?)').run(`tag ${round % 2}`, round)
    const result = await runSource({
      source: sqlite,
      config: { path: config.path },
      sourceName: 'app',
      database: 'app',
      state,
      warehouse,
      runtime: testRuntime(),
      runId: `run-${round}`,
    })
    expect(result).toMatchObject({ status: 'succeeded', counts: { row_errors: 0 } })
    const loaded = await queryRows(
      warehouse,
      'SELECT toString(id) AS id, customer, total, toString(big) AS big, updated_at FROM app.orders ORDER BY orders.id',
    )
    expect(loaded).toEqual(
      database
        .prepare('SELECT CAST(id AS TEXT) AS id, customer, total, CAST(big AS TEXT) AS big, updated_at FROM orders ORDER BY orders.id')
        .all(),
    )
    expect(await queryRows(warehouse, 'SELECT name, toInt32(n) AS n FROM app.tags ORDER BY name')).toEqual(
      database.prepare('SELECT name, n FROM tags ORDER BY name').all(),
    )
  }
})

const checked = (path: string) => sqlite.check({ path, cursors: {} }, testRuntime())

describe('errors', () => {
  test('no file, no database, a damaged one and a locked one are told apart, with the mend', async () => {
    const folder = tempFolder()
    expect(await checked(join(folder, 'gone.db'))).toMatchObject({
      error: { code: 'no-such-file', fault: 'config', at: { field: 'path' } },
    })
    const text = join(folder, 'text.db')
    writeFileSync(text, 'id,name\n1,a\n'.repeat(100))
    expect(await checked(text)).toMatchObject({ error: { code: 'not-a-database', fault: 'config' } })
    expect(await checked(folder)).toMatchObject({ error: { code: 'no-such-file', fault: 'config' } })
  })

  test('an unknown table ends its stream alone', async () => {
    const { config } = createDatabase('CREATE TABLE orders (id INTEGER PRIMARY KEY)')
    const { error } = await readWhole(config, 'order')
    expect(error).toMatchObject({ code: 'unknown-stream', mend: 'Did you mean "orders"?' })
  })
})

test('nothing is written, even where nothing may be', async () => {
  const { config, database, path } = createDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)')
  database.pragma('journal_mode = DELETE')
  database.close()
  chmodSync(path, 0o400)
  expect((await readWhole(config, 't')).records).toEqual([{ id: 1 }])
})
