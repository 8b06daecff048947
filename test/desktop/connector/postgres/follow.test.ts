import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type pg from 'pg'
import { postgres } from '#desktop/connector/postgres/index.ts'
import type { PostgresConfig } from '#desktop/connector/postgres/config.ts'
import type { SourceMessage, StreamRequest } from '#core/connector/source.ts'
import type { Json, JsonObject } from '#core/lib/json.ts'
import { type Runtime, systemClock } from '#core/lib/runtime.ts'
import { unwrap } from '#core/lib/result.ts'
import { startTestPostgres, type TestPostgres } from '#test/fixture/postgres.ts'
import { testRuntime } from '#test/fixture/runtime.ts'

let server: TestPostgres
let databases = 0

beforeAll(async () => {
  server = await startTestPostgres({ wal_level: 'logical', max_replication_slots: '40', max_wal_senders: '10' })
})

afterAll(() => server.stop())

const runtime = testRuntime({ clock: systemClock })

async function setUp(sql: string, settings: Partial<PostgresConfig> = {}) {
  const name = `db${++databases}`
  const client = await server.database(name)
  await client.query(sql)
  const { port, user, password } = server
  const base = { host: '127.0.0.1', port, database: name, user, password, ssl: 'disable', slot: name, replication: 'logical' }
  return { client, config: postgres.config.parse({ ...base, ...settings }) as PostgresConfig }
}

/** A warehouse of one table a stream, that applies messages as the pipeline does: states after data, rows by key, deletes in order. */
class Mirror {
  readonly tables = new Map<string, Map<string, JsonObject>>()
  readonly states = new Map<string, Json>()
  private readonly config: PostgresConfig

  constructor(config: PostgresConfig) {
    this.config = config
  }

  /** Reads once; after `limit` messages it breaks off, as a killed reader does. */
  async sync(names: string[], options: { limit?: number; runtime?: Runtime; onMessage?: (message: SourceMessage) => Promise<void> } = {}) {
    const { streams } = unwrap(await postgres.discover(this.config, runtime))
    const requests = names.map((name): StreamRequest => {
      const state = this.states.get(name)
      return { name, mode: 'incremental', ...(state === undefined ? {} : { state }) }
    })
    const messages: SourceMessage[] = []
    for await (const message of postgres.read(this.config, { streams: requests }, options.runtime ?? runtime)) {
      messages.push(message)
      const table = this.tables.get(message.stream) ?? new Map<string, JsonObject>()
      this.tables.set(message.stream, table)
      const { primaryKey } = streams.find(({ name }) => name === message.stream)!
      const keyOf = (row: JsonObject) => JSON.stringify(primaryKey.map((path) => row[path[0]!]))
      if (message.type === 'records') for (const row of message.records) table.set(keyOf(row), row)
      else if (message.type === 'deletes') for (const key of message.keys) table.delete(keyOf(key))
      else if (message.type === 'state') this.states.set(message.stream, structuredClone(message.state))
      await options.onMessage?.(message)
      if (messages.length === options.limit) break
    }
    return messages
  }

  rows(name: string): JsonObject[] {
    return [...(this.tables.get(name) ?? new Map()).values()].toSorted((a: JsonObject, b: JsonObject) => Number(a.id) - Number(b.id))
  }
}

async function actual(client: pg.Client, name = 't'): Promise<JsonObject[]> {
  const { rows } = await client.query(`SELECT * FROM ${name} ORDER BY id`)
  return rows as JsonObject[]
}

function results(messages: readonly SourceMessage[]) {
  return messages.flatMap((message) => (message.type === 'done' ? [message.result] : []))
}

async function confirmed(client: pg.Client, slot: string): Promise<string> {
  const { rows } = await client.query('SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1', [slot])
  return rows[0].lsn as string
}

const done = [{ ok: true, value: undefined }]

test('first whole, then inserts, updates and deletes in their order, and nothing when nothing happened', async () => {
  const { client, config } = await setUp(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 50) i",
    {
      chunk_size: 20,
    },
  )
  expect(unwrap(await postgres.discover(config, runtime)).streams[0]).toMatchObject({
    tellsDeletes: true,
    modes: ['full-refresh', 'incremental'],
  })
  const mirror = new Mirror(config)
  expect(results(await mirror.sync(['t']))).toEqual(done)
  expect(mirror.rows('t')).toEqual(await actual(client))
  await client.query(
    "UPDATE t SET v = 'changed' WHERE id <= 3; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (100, 'new'), (2, 'again'); UPDATE t SET id = 200 WHERE id = 50",
  )
  await client.query('DELETE FROM t WHERE id = 40')
  const messages = await mirror.sync(['t'])
  expect(
    messages.filter(({ type }) => type !== 'state').map((message) => (message.type === 'deletes' ? message.keys : message.type)),
  ).toEqual(['records', [{ id: 2 }], 'records', [{ id: 50 }], 'records', [{ id: 40 }], 'done'])
  expect(mirror.rows('t')).toEqual(await actual(client))
  const quiet = await mirror.sync(['t'])
  expect(quiet.map(({ type }) => type)).toEqual(['state', 'done'])
})

test('concurrent writers during the first read and after: the copy equals the table', async () => {
  const { client, config } = await setUp(
    "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY, n int8); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 3000) i; INSERT INTO u SELECT i, i FROM generate_series(1, 10) i",
    { chunk_size: 100 },
  )
  const mirror = new Mirror(config)
  let step = 0
  // Changes fall between any two messages, on rows that were read and rows that were not.
  const write = async () => {
    step++
    await client.query(`BEGIN; INSERT INTO t VALUES (${3000 + step}, 'new'); UPDATE t SET v = v || '.' WHERE id % 97 = ${step % 97}; DELETE FROM t WHERE id = ${(step * 37) % 3000};
      UPDATE t SET id = ${10_000 + step} WHERE id = ${(step * 53) % 3000}; UPDATE u SET n = n + 1; COMMIT; BEGIN; DELETE FROM t WHERE id > 100; ROLLBACK`)
  }
  expect(results(await mirror.sync(['t', 'u'], { onMessage: write }))).toEqual([...done, ...done])
  expect(step).toBeGreaterThan(30)
  await mirror.sync(['t', 'u'])
  expect(mirror.rows('t')).toEqual(await actual(client))
  expect(mirror.rows('u').map(({ id, n }) => ({ id, n: String(n) }))).toEqual(await actual(client, 'u'))
})

test('a transaction that began to write before the first read and commits during it is not missed', async () => {
  const { client, config } = await setUp(
    'CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)',
  )
  const mirror = new Mirror(config)
  await mirror.sync(['u'])
  // t joins the publication while this writer is under way: what it wrote before is in no publication.
  const other = await server.client(config.database)
  await other.query("BEGIN; INSERT INTO t VALUES (1, 'early')")
  const reading = mirror.sync(['u', 't'])
  await expect.poll(async () => (await client.query("SELECT FROM pg_publication_tables WHERE tablename = 't'")).rowCount).toBe(1)
  await other.query("INSERT INTO t VALUES (2, 'late'); COMMIT")
  expect(results(await reading)).toEqual([...done, ...done])
  expect(mirror.rows('t')).toEqual(await actual(client))
})

test('killed after any message, a reader goes on from its states', async () => {
  const { client, config } = await setUp(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 400) i",
    {
      chunk_size: 100,
    },
  )
  const mirror = new Mirror(config)
  for (let turn = 1; turn <= 12; turn++) {
    await mirror.sync(['t'], { limit: 1 + (turn % 5) })
    await client.query(`INSERT INTO t VALUES (${1000 + turn}, 'new'); DELETE FROM t WHERE id = ${turn * 7}`)
    await client.query(`UPDATE t SET v = 'turn ${turn}' WHERE id % 5 = ${turn % 5}`)
  }
  expect(results(await mirror.sync(['t']))).toEqual(done)
  expect(mirror.rows('t')).toEqual(await actual(client))
})

test('a server that crashes in the middle: the read fails as transient, the next one makes it whole', async () => {
  const { client, config } = await setUp(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, repeat('v', 2000) FROM generate_series(1, 20000) i",
    {
      chunk_size: 1000,
    },
  )
  await client.query('CHECKPOINT')
  const mirror = new Mirror(config)
  let count = 0
  const messages = await mirror.sync(['t'], {
    onMessage: async () => {
      if (++count === 6) await server.crash()
    },
  })
  expect(results(messages)).toMatchObject([{ ok: false, error: { fault: 'transient', retryable: true } }])
  const again = await server.client(config.database)
  await again.query("UPDATE t SET v = 'after' WHERE id % 100 = 0; DELETE FROM t WHERE id % 100 = 1")
  expect(results(await mirror.sync(['t']))).toEqual(done)
  expect(mirror.rows('t')).toEqual(await actual(again))
})

/** SQL of a text of 19 kB, which is stored out of line. */
function big(letter: string): string {
  return `(SELECT string_agg(md5('${letter}' || i), '') FROM generate_series(1, 600) i)`
}

describe('large values', () => {
  const table = 'CREATE TABLE t (id int PRIMARY KEY, n int, big text); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;'

  test.each([
    ['that an update leaves alone are not lost', ''],
    ['come from the old row with REPLICA IDENTITY FULL', 'ALTER TABLE t REPLICA IDENTITY FULL'],
  ])('%s', async (_name, identity) => {
    const { client, config } = await setUp(
      `${table} ${identity}; INSERT INTO t SELECT i, 0, ${big('a')} || i FROM generate_series(1, 20) i;`,
    )
    const mirror = new Mirror(config)
    await mirror.sync(['t'])
    await client.query(`UPDATE t SET n = 1 WHERE id < 10; UPDATE t SET id = 100 WHERE id = 3; UPDATE t SET n = 2 WHERE id = 4; DELETE FROM t WHERE id = 4;
      UPDATE t SET n = 3 WHERE id = 5; UPDATE t SET big = ${big('b')} WHERE id = 5; UPDATE t SET big = NULL WHERE id = 6; UPDATE t SET n = 9 WHERE id = 7`)
    expect(results(await mirror.sync(['t']))).toEqual(done)
    expect(mirror.rows('t')).toEqual(await actual(client))
    expect(mirror.rows('t').find(({ id }) => id === 100)!.big).toHaveLength(600 * 32 + 1)
  })
})

describe('a schema that changes', () => {
  test('between changes: added with and without a default, dropped, renamed, another type', async () => {
    const { client, config } = await setUp(
      "CREATE TABLE t (id int PRIMARY KEY, a int, b text, c int); INSERT INTO t SELECT i, i, 'b' || i, i FROM generate_series(1, 30) i",
    )
    const mirror = new Mirror(config)
    await mirror.sync(['t'])
    await client.query(
      'UPDATE t SET a = 100 WHERE id = 1; ALTER TABLE t ADD d int DEFAULT 7; UPDATE t SET d = 8 WHERE id = 2; INSERT INTO t (id, a) VALUES (50, 1)',
    )
    await client.query(
      "ALTER TABLE t DROP c; UPDATE t SET a = 5 WHERE id = 3; ALTER TABLE t RENAME b TO word; UPDATE t SET word = 'w' WHERE id = 4",
    )
    await client.query(
      "ALTER TABLE t ALTER a TYPE text USING 'n' || a; UPDATE t SET a = 'x' WHERE id = 5; ALTER TABLE t ADD e text; UPDATE t SET e = 'e' WHERE id = 6",
    )
    expect(results(await mirror.sync(['t']))).toEqual(done)
    // What was dropped or renamed is still in the copy.
    const held = mirror.rows('t').map(({ id, a, word, d, e }) => ({ id, a, word, d, e }))
    expect(held).toEqual((await client.query('SELECT id, a, word, d, e FROM t ORDER BY id')).rows)
    const quiet = await mirror.sync(['t'])
    expect(quiet.map(({ type }) => type)).toEqual(['state', 'done'])
  })

  test('TRUNCATE cannot be told row by row: an error says so, and a reset mends it', async () => {
    const { client, config } = await setUp(
      'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2); CREATE TABLE u (id int PRIMARY KEY); INSERT INTO u VALUES (1)',
    )
    const mirror = new Mirror(config)
    await mirror.sync(['t', 'u'])
    await client.query('INSERT INTO t VALUES (9); TRUNCATE t; INSERT INTO t VALUES (3); INSERT INTO u VALUES (2)')
    expect(results(await mirror.sync(['t', 'u']))).toMatchObject([
      { ok: false, error: { code: 'table-truncated', fault: 'config' } },
      { ok: true },
    ])
    expect(mirror.rows('u')).toEqual(await actual(client, 'u'))
    mirror.states.delete('t')
    mirror.tables.delete('t')
    expect(results(await mirror.sync(['t', 'u']))).toEqual([...done, ...done])
    expect(mirror.rows('t')).toEqual([{ id: 3 }])
  })

  test('a key that was renamed ends its stream alone', async () => {
    const { client, config } = await setUp(
      'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2); CREATE TABLE u (id int PRIMARY KEY)',
    )
    const mirror = new Mirror(config)
    await mirror.sync(['t', 'u'])
    await client.query('DELETE FROM t WHERE id = 1; ALTER TABLE t RENAME id TO key; INSERT INTO u VALUES (1)')
    expect(results(await mirror.sync(['t', 'u']))).toMatchObject([
      { ok: false, error: { code: 'key-changed', fault: 'config' } },
      { ok: true },
    ])
    expect(mirror.rows('u')).toEqual([{ id: 1 }])
  })

  test('a table that was dropped and made anew', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY)')
    const mirror = new Mirror(config)
    await mirror.sync(['t'])
    await client.query('DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY)')
    expect(results(await mirror.sync(['t']))).toMatchObject([{ ok: false, error: { code: 'table-replaced' } }])
  })
})

test('values are the same whether read whole or followed', async () => {
  const { client, config } = await setUp(`CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE DOMAIN price AS numeric(10, 2);
    CREATE TABLE t (id int8 PRIMARY KEY, n numeric, p price, f float8, d date, at timestamptz, j jsonb, x bytea, l int8[], m mood[], r int4range, i interval, b bool, c char(3), g int GENERATED ALWAYS AS (1 + 1) STORED)`)
  const values = `1.10, 2.50, 'Infinity', 'infinity', '2026-01-01 10:00:00.5+05', '{"a": [12345678901234567890]}', '\\x01ff', '{1,NULL}', '{sad}', '[1,3)', '1 day', true, 'a'`
  await client.query(`INSERT INTO t VALUES (9007199254740993, ${values})`)
  const mirror = new Mirror(config)
  await mirror.sync(['t'])
  await client.query(`INSERT INTO t VALUES (9007199254740995, ${values})`)
  await mirror.sync(['t'])
  const [whole, followed] = mirror.rows('t')
  expect(whole).toMatchObject({
    id: '9007199254740993',
    n: '1.10',
    p: 2.5,
    f: 'Infinity',
    d: 'infinity',
    at: '2026-01-01T05:00:00.5Z',
    x: 'Af8=',
    b: true,
  })
  expect({ ...followed, id: whole!.id }).toEqual(whole)
})

test('a table that was not in the publication for a while', async () => {
  const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)')
  const mirror = new Mirror(config)
  await mirror.sync(['t', 'u'])
  await client.query(`ALTER PUBLICATION ${config.publication} DROP TABLE t; INSERT INTO t VALUES (1)`)
  await client.query(`ALTER PUBLICATION ${config.publication} ADD TABLE t; INSERT INTO u VALUES (1)`)
  expect(results(await mirror.sync(['t', 'u']))).toMatchObject([
    { ok: false, error: { code: 'not-published', fault: 'config' } },
    { ok: true },
  ])
  await client.query(`DROP PUBLICATION ${config.publication}`)
  expect(results(await mirror.sync(['u']))).toMatchObject([{ ok: false, error: { code: 'not-published' } }])
})

test('a table whose key is checked late, an unlogged one: not followed, and still open to updates', async () => {
  const { client, config } =
    await setUp(`CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED); CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY);
    INSERT INTO late VALUES (1)`)
  const { streams } = unwrap(await postgres.discover(config, runtime))
  expect(streams.map(({ name, modes, tellsDeletes }) => [name, modes.length, tellsDeletes])).toEqual([
    ['fleeting', 1, undefined],
    ['late', 1, undefined],
    ['t', 2, true],
  ])
  expect(results(await new Mirror(config).sync(['t']))).toEqual(done)
  await client.query('UPDATE late SET id = 2')
})

test('a partitioned table is one stream', async () => {
  const { client, config } = await setUp(`CREATE TABLE t (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
    CREATE TABLE t_a PARTITION OF t FOR VALUES FROM (0) TO (100); CREATE TABLE t_b PARTITION OF t FOR VALUES FROM (100) TO (200); INSERT INTO t SELECT i, 'v' FROM generate_series(50, 150) i`)
  const mirror = new Mirror(config)
  await mirror.sync(['t'])
  await client.query("UPDATE t SET id = 199 WHERE id = 50; UPDATE t SET v = 'w' WHERE id = 120; DELETE FROM t WHERE id = 130")
  expect(results(await mirror.sync(['t']))).toEqual(done)
  expect(mirror.rows('t')).toEqual(await actual(client))
})

test('a key of one’s own choice by REPLICA IDENTITY USING INDEX; a table without a key is not followed', async () => {
  const { client, config } =
    await setUp(`CREATE TABLE t (id int PRIMARY KEY, code text NOT NULL UNIQUE, v text); ALTER TABLE t REPLICA IDENTITY USING INDEX t_code_key; CREATE TABLE loose (v text);
    INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y')`)
  const { streams } = unwrap(await postgres.discover(config, runtime))
  expect(streams.map(({ name, primaryKey, modes }) => [name, primaryKey, modes])).toEqual([
    ['loose', [], ['full-refresh']],
    ['t', [['code']], ['full-refresh', 'incremental']],
  ])
  const mirror = new Mirror(config)
  await mirror.sync(['t'])
  await client.query("UPDATE t SET code = 'c' WHERE id = 1; DELETE FROM t WHERE id = 2; UPDATE t SET id = 9 WHERE id = 1")
  expect(results(await mirror.sync(['t']))).toEqual(done)
  expect(mirror.rows('t')).toEqual(await actual(client))
})

describe('the slot', () => {
  test('is confirmed only up to a state that was given, however far was read', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY)')
    const mirror = new Mirror(config)
    await mirror.sync(['t'])
    const at = await confirmed(client, config.slot)
    await client.query('INSERT INTO t VALUES (0)')
    await mirror.sync(['t'])
    const state = mirror.states.get('t') as { lsn: string }
    await client.query('INSERT INTO t SELECT generate_series(1, 100)')
    // The warehouse loses what this read brought: it is read again, from the same state.
    mirror.states.set('t', state)
    const lost = new Mirror(config)
    lost.states.set('t', state)
    await lost.sync(['t'])
    await expect.poll(() => confirmed(client, config.slot)).toBe(state.lsn)
    expect(at).not.toBe(state.lsn)
    await mirror.sync(['t'])
    expect(mirror.rows('t')).toHaveLength(101)
    expect(await confirmed(client, config.slot)).toBe(state.lsn)
  })

  test('that is gone, made anew, or another’s is told', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)')
    const mirror = new Mirror(config)
    await mirror.sync(['t'])
    await client.query('SELECT pg_drop_replication_slot($1)', [config.slot])
    await client.query('INSERT INTO t VALUES (2)')
    const gone = results(await mirror.sync(['t']))[0]!
    expect(gone).toMatchObject({
      ok: false,
      error: { code: 'changes-gone', fault: 'config', mend: expect.stringContaining('Refresh the stream') },
    })
    mirror.states.clear()
    expect(results(await mirror.sync(['t']))).toEqual(done)
    expect(mirror.rows('t')).toEqual(await actual(client))
    await client.query("SELECT pg_create_logical_replication_slot('another', 'test_decoding')")
    const other = new Mirror({ ...config, slot: 'another' })
    expect(results(await other.sync(['t']))).toMatchObject([{ ok: false, error: { code: 'slot-of-another' } }])
  })

  test('whose log the server removed is told', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY, v text)')
    const mirror = new Mirror(config)
    await mirror.sync(['t'])
    await client.query("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
    await client.query('SELECT pg_reload_conf()')
    await expect
      .poll(async () => {
        await client.query("INSERT INTO t SELECT coalesce(max(id), 0) + 1, repeat('x', 100) FROM t")
        await client.query('SELECT pg_switch_wal()')
        await client.query('CHECKPOINT')
        return (await client.query('SELECT wal_status FROM pg_replication_slots WHERE slot_name = $1', [config.slot])).rows[0]
          .wal_status as string
      })
      .toBe('lost')
    await client.query('ALTER SYSTEM RESET max_slot_wal_keep_size')
    await client.query('SELECT pg_reload_conf()')
    expect(results(await mirror.sync(['t']))).toMatchObject([{ ok: false, error: { code: 'slot-lost', fault: 'config' } }])
  })

  test('that another reads is told', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY)')
    const mirror = new Mirror(config)
    await mirror.sync(['t'])
    await client.query('INSERT INTO t SELECT generate_series(1, 40000)')
    let second: SourceMessage[] = []
    // Between two messages of the log the slot is held.
    const onMessage = async ({ type }: SourceMessage) => {
      if (type !== 'records' || second.length > 0) return
      const other = new Mirror(config)
      other.states.set('t', mirror.states.get('t')!)
      second = await other.sync(['t'], { runtime: testRuntime() })
    }
    await mirror.sync(['t'], { onMessage })
    expect(results(second)).toMatchObject([{ ok: false, error: { code: 'slot-in-use', fault: 'transient' } }])
  })

  test('and publication are not made when that is not allowed: the error has the SQL', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE "Other" (id int PRIMARY KEY)', {
      manage: false,
    })
    const mirror = new Mirror(config)
    for (const code of ['publication-incomplete', 'no-slot']) {
      const [result] = results(await mirror.sync(['t']))
      expect(result).toMatchObject({ ok: false, error: { code, fault: 'config' } })
      const sql = result!.ok ? '' : /Run (.*);$/.exec(result!.error.mend!)![1]!
      await client.query(sql)
    }
    expect(results(await mirror.sync(['t']))).toEqual(done)
    const added = results(await mirror.sync(['t', 'Other']))
    expect(added).toMatchObject([
      { ok: false, error: { code: 'publication-incomplete', mend: expect.stringContaining('ADD TABLE ONLY "public"."Other"') } },
      { ok: false },
    ])
  })
})

test('a role without the rights for replication is told which', async () => {
  const { client, config } = await setUp(
    "CREATE TABLE t (id int PRIMARY KEY); CREATE ROLE guest LOGIN PASSWORD 'guest'; GRANT SELECT ON t TO guest",
  )
  const guest = { ...config, user: 'guest', password: 'guest' }
  const read = async () => results(await new Mirror(guest).sync(['t']))[0]
  expect(await read()).toMatchObject({ ok: false, error: { code: 'no-privilege', mend: expect.stringContaining('CREATE PUBLICATION') } })
  await client.query(`CREATE PUBLICATION ${config.publication} FOR TABLE t`)
  expect(await read()).toMatchObject({
    ok: false,
    error: { code: 'no-privilege', mend: expect.stringContaining('ALTER ROLE "guest" REPLICATION') },
  })
  await client.query('ALTER ROLE guest REPLICATION')
  expect(await read()).toEqual({ ok: true, value: undefined })
})
