import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type pg from 'pg'
import { postgres } from '#desktop/connector/postgres/index.ts'
import type { PostgresConfig } from '#desktop/connector/postgres/config.ts'
import type { SourceMessage, StreamRequest } from '#core/connector/source.ts'
import { systemClock } from '#core/lib/runtime.ts'
import { unwrap } from '#core/lib/result.ts'
import { authority } from '#test/fixture/certificate.ts'
import { startTestPostgres, type TestPostgres } from '#test/fixture/postgres.ts'
import { testRuntime } from '#test/fixture/runtime.ts'

let server: TestPostgres
let databases = 0

beforeAll(async () => {
  server = await startTestPostgres({ wal_level: 'replica' })
})

afterAll(() => server.stop())

const runtime = testRuntime({ clock: systemClock })

/** A database of its own with the given tables, and the settings to read it. */
async function setUp(sql: string, settings: Partial<PostgresConfig> = {}) {
  const name = `db${++databases}`
  const client = await server.database(name)
  await client.query(sql)
  return { client, name, config: settingsFor(name, settings) }
}

function settingsFor(database: string, settings: Partial<PostgresConfig> = {}): PostgresConfig {
  const { port, user, password } = server
  return postgres.config.parse({ host: '127.0.0.1', port, database, user, password, ssl: 'disable', slot: database, ...settings })
}

async function collect(config: PostgresConfig, ...streams: StreamRequest[]): Promise<SourceMessage[]> {
  const messages: SourceMessage[] = []
  for await (const message of postgres.read(config, { streams }, runtime)) messages.push(message)
  return messages
}

function records(messages: readonly SourceMessage[]) {
  return messages.flatMap((message) => (message.type === 'records' ? message.records : []))
}

function ids(messages: readonly SourceMessage[]) {
  return records(messages).map(({ id }) => id as number)
}

function lastState(messages: readonly SourceMessage[]) {
  return messages.findLast((message) => message.type === 'state')!.state
}

function results(messages: readonly SourceMessage[]) {
  return messages.flatMap((message) => (message.type === 'done' ? [message.result] : []))
}

async function count(client: pg.Client, sql: string): Promise<number> {
  return Number((await client.query(sql)).rows[0].count)
}

describe('discover', () => {
  test('tables, views, keys, cursors and types', async () => {
    const { config } = await setUp(`
      CREATE TYPE mood AS ENUM ('sad', 'happy');
      CREATE DOMAIN price AS numeric(10, 2);
      CREATE TABLE orders (a int, b text, n numeric, i numeric(18), p price, m mood, tags text[], at timestamptz NOT NULL, d date, j jsonb, u uuid, x bytea,
        big int8, f float8, span int4range, updated_at timestamp, PRIMARY KEY (b, a));
      CREATE TABLE loose (v text);
      CREATE VIEW seen AS SELECT a FROM orders;
      CREATE TABLE parts (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`)
    const { streams } = unwrap(await postgres.discover(config, runtime))
    expect(
      streams.map(({ name, primaryKey, modes, cursorField, resumable }) => ({ name, primaryKey, modes, cursorField, resumable })),
    ).toEqual([
      { name: 'loose', primaryKey: [], modes: ['full-refresh'], cursorField: undefined, resumable: true },
      {
        name: 'orders',
        primaryKey: [['b'], ['a']],
        modes: ['full-refresh', 'incremental'],
        cursorField: ['updated_at'],
        resumable: true,
      },
      { name: 'parts', primaryKey: [['id'], ['at']], modes: ['full-refresh'], cursorField: undefined, resumable: true },
      { name: 'seen', primaryKey: [], modes: ['full-refresh'], cursorField: undefined, resumable: undefined },
    ])
    expect(streams[1]!.schema.properties).toMatchObject({
      a: { type: 'integer' },
      b: { type: 'string' },
      n: { type: ['string', 'null'] },
      i: { type: ['integer', 'null'] },
      p: { type: ['number', 'null'] },
      m: { type: ['string', 'null'] },
      tags: { type: ['array', 'null'], items: { type: ['string', 'null'] } },
      at: { type: 'string', format: 'date-time' },
      d: { type: ['string', 'null'], format: 'date' },
      j: {},
      u: { type: ['string', 'null'], format: 'uuid' },
      x: { type: ['string', 'null'], contentEncoding: 'base64' },
      span: { type: ['string', 'null'] },
    })
  })

  test('a table of another schema bears its name', async () => {
    const { config } = await setUp('CREATE SCHEMA shop; CREATE TABLE shop.orders (id int PRIMARY KEY); CREATE TABLE orders (id int)', {
      schemas: ['public', 'shop'],
    })
    expect(unwrap(await postgres.discover(config, runtime)).streams.map(({ name }) => name)).toEqual(['orders', 'shop.orders'])
  })
})

describe('full refresh', () => {
  test('values are exact', async () => {
    const { config } = await setUp(`
      CREATE TYPE mood AS ENUM ('sad', 'happy');
      CREATE TYPE pair AS (a int, b text);
      CREATE DOMAIN price AS numeric(10, 2);
      CREATE TABLE t (id int PRIMARY KEY, big int8, n numeric, p price, f float8, nan float8, d date, never date, at timestamptz, local timestamp, j jsonb, x bytea,
        ints int8[], texts text[], moods mood[], grid int[][], span tstzrange, m mood, c pair, ip inet, i interval, ch char(4), empty text);
      INSERT INTO t VALUES (1, 9223372036854775807, 12345678901234567890.123456789, 12.50, 0.1, 'NaN', '2026-02-28', 'infinity', '2026-02-28 10:00:00.123456+02',
        '2026-02-28 10:00:00', '{"id": 12345678901234567890, "n": 1.5, "l": [null, "\\u00e9"]}', '\\x00ff10', '{1,NULL,9007199254740993}',
        ARRAY['a,b', 'q"uo\\te', NULL, 'NULL', '', U&'\\FEFFbom'], '{sad,happy}', '{{1,2},{3,4}}', '[2026-01-01 00:00+00,2026-01-02 00:00+00)', 'happy', ROW(1, 'x y'), '10.0.0.1/8',
        '1 year 2 days 03:04:05', 'ab', NULL);`)
    expect(records(await collect(config, { name: 't', mode: 'full-refresh' }))).toEqual([
      {
        id: 1,
        big: '9223372036854775807',
        n: '12345678901234567890.123456789',
        p: 12.5,
        f: 0.1,
        nan: 'NaN',
        d: '2026-02-28',
        never: 'infinity',
        at: '2026-02-28T08:00:00.123456Z',
        local: '2026-02-28T10:00:00',
        j: { id: '12345678901234567890', n: 1.5, l: [null, 'é'] },
        x: 'AP8Q',
        ints: [1, null, '9007199254740993'],
        texts: ['a,b', 'q"uo\\te', null, 'NULL', '', '\uFEFFbom'],
        moods: ['sad', 'happy'],
        grid: [
          [1, 2],
          [3, 4],
        ],
        span: '["2026-01-01 00:00:00+00","2026-01-02 00:00:00+00")',
        m: 'happy',
        c: '(1,"x y")',
        ip: '10.0.0.1/8',
        i: 'P1Y2DT3H4M5S',
        ch: 'ab  ',
        empty: null,
      },
    ])
  })

  test.each([
    ['by chunks of a key of two columns', 'CREATE TABLE t (id int, word text, v text, PRIMARY KEY (word, id))'],
    ['by pages without a key', 'CREATE TABLE t (id int, word text, v text)'],
    [
      'of a partitioned table',
      'CREATE TABLE t (id int, word text, v text, PRIMARY KEY (word, id)) PARTITION BY HASH (id); CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (modulus 2, remainder 0); CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (modulus 2, remainder 1)',
    ],
    ['of a view', 'CREATE TABLE hidden (id int, word text, v text); CREATE VIEW t AS SELECT * FROM hidden'],
  ])('%s every row comes once, and is taken up from any state', async (name, ddl) => {
    const { client, config } = await setUp(ddl, { chunk_size: 700 })
    await client.query("INSERT INTO t SELECT i, 'w' || i % 7, repeat('x', i % 900) FROM generate_series(1, 5000) i")
    const all = await collect(config, { name: 't', mode: 'full-refresh' })
    expect(ids(all).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1))
    const states = all.flatMap((message, index) => (message.type === 'state' ? [{ state: message.state, index }] : []))
    for (const { state, index } of states.filter((_, place) => place % 3 === 1)) {
      const rest = await collect(config, { name: 't', mode: 'full-refresh', state })
      expect([...ids(all.slice(0, index)), ...ids(rest)].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 5000 }, (_, place) => place + 1),
      )
    }
    expect(states.length > 3 || name === 'of a view').toBe(true)
  })
})

describe('by a cursor', () => {
  test('only what is new comes, and rows of the last value once', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY, updated_at timestamptz NOT NULL)')
    await client.query(
      "INSERT INTO t SELECT i, timestamptz '2026-01-01' + (i / 10) * interval '1 microsecond' FROM generate_series(1, 995) i",
    )
    const first = await collect(config, { name: 't', mode: 'incremental' })
    expect(records(first)).toHaveLength(995)
    const again = await collect(config, { name: 't', mode: 'incremental', state: lastState(first) })
    expect(records(again)).toEqual([])
    await client.query("INSERT INTO t SELECT 996, max(updated_at) FROM t; UPDATE t SET updated_at = '2026-02-01' WHERE id = 3")
    const next = await collect(config, { name: 't', mode: 'incremental', state: lastState(again) })
    expect(records(next).map(({ id }) => id)).toEqual([996, 3])
  })

  test('from any state the rest comes, in the order of the chosen column', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY, seq int8)', { cursors: { t: 'seq' } })
    await client.query('INSERT INTO t SELECT i, i / 3 FROM generate_series(1, 1000) i')
    const all = await collect(config, { name: 't', mode: 'incremental' })
    for (const [index, message] of all.entries()) {
      if (message.type !== 'state') continue
      const rest = await collect(config, { name: 't', mode: 'incremental', state: message.state })
      expect([...ids(all.slice(0, index)), ...ids(rest)].toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 1000 }, (_, place) => place + 1),
      )
    }
  })

  test('a range', async () => {
    const { client, config } = await setUp('CREATE TABLE t (id int PRIMARY KEY, updated_at date)', { cursors: { t: 'updated_at' } })
    await client.query("INSERT INTO t SELECT i, date '2026-01-01' + i FROM generate_series(0, 30) i")
    const messages = await collect(config, { name: 't', mode: 'incremental', range: { from: '2026-01-10', to: '2026-01-12' } })
    expect(records(messages).map(({ id }) => id)).toEqual([9, 10])
  })

  test('a cursor that is not there', async () => {
    const { config } = await setUp('CREATE TABLE t (id int)', { cursors: { t: 'nope' } })
    expect(await postgres.check(config, runtime)).toMatchObject({ ok: false, error: { code: 'unknown-cursor', fault: 'config' } })
  })
})

describe('what goes wrong is told with its mend', () => {
  test.each<[string, Partial<PostgresConfig>, object]>([
    ['a wrong password', { password: 'wrong' }, { code: 'database-auth', fault: 'config' }],
    ['no such database', { database: 'nowhere' }, { code: 'no-such-database', fault: 'config' }],
    ['no server', { port: 1 }, { code: 'database-unreachable', fault: 'transient' }],
    ['no such schema', { schemas: ['nowhere'] }, { code: 'no-schema', fault: 'config' }],
    ['an unknown authority', { ssl: 'verify-ca' }, { code: 'untrusted-certificate', fault: 'config' }],
    ['another host than the certificate says', { ssl: 'verify-full', ca: authority }, { code: 'untrusted-certificate', fault: 'config' }],
  ])('%s', async (_name, settings, error) => {
    const result = await postgres.check(settingsFor('postgres', settings), runtime)
    expect(result).toMatchObject({ ok: false, error })
    expect(result.ok || result.error.mend).toBeTruthy()
    expect(result.ok || JSON.stringify(result.error)).not.toContain(server.password)
  })

  test.each<Partial<PostgresConfig>>([
    { ssl: 'require' },
    { ssl: 'verify-ca', ca: authority },
    { ssl: 'verify-full', ca: authority, host: 'localhost' },
  ])('but nothing does with TLS: %o', async (settings) => {
    expect(await postgres.check(settingsFor('postgres', settings), runtime)).toEqual({ ok: true, value: undefined })
  })

  test('a server without TLS', async () => {
    const { client, config } = await setUp("ALTER SYSTEM SET ssl = 'off'", { ssl: 'require' })
    await client.query('SELECT pg_reload_conf()')
    await expect.poll(async () => (await client.query('SHOW ssl')).rows[0].ssl as string).toBe('off')
    expect(await postgres.check(config, runtime)).toMatchObject({ ok: false, error: { code: 'no-tls', fault: 'config' } })
    await client.query('ALTER SYSTEM RESET ssl')
    await client.query('SELECT pg_reload_conf()')
  })

  test('no privilege', async () => {
    const { client, config } = await setUp(
      "CREATE TABLE t (id int PRIMARY KEY); DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'guest'",
    )
    const guest = { ...config, user: 'guest', password: 'guest' }
    expect(await postgres.check(guest, runtime)).toMatchObject({ ok: false, error: { code: 'no-privilege', fault: 'config' } })
    expect(results(await collect(guest, { name: 't', mode: 'full-refresh' }))).toMatchObject([
      { ok: false, error: { code: 'no-privilege' } },
    ])
    await client.query('GRANT SELECT ON t TO guest')
    expect(await postgres.check(guest, runtime)).toEqual({ ok: true, value: undefined })
  })

  test('a log that is not logical', async () => {
    const { config } = await setUp('CREATE TABLE t (id int PRIMARY KEY)', { replication: 'logical' })
    expect(await postgres.check(config, runtime)).toMatchObject({ ok: false, error: { code: 'wal-level', fault: 'config' } })
    expect(results(await collect(config, { name: 't', mode: 'incremental' }))).toMatchObject([{ ok: false, error: { code: 'wal-level' } }])
  })

  test('an unknown stream fails alone', async () => {
    const { config } = await setUp('CREATE TABLE t (id int)')
    const messages = await collect(config, { name: 'nope', mode: 'full-refresh' }, { name: 't', mode: 'full-refresh' })
    expect(results(messages)).toMatchObject([{ ok: false, error: { code: 'unknown-stream' } }, { ok: true }])
  })

  test('an abort ends a read within a query', async () => {
    const { client, config } = await setUp('CREATE VIEW slow AS SELECT pg_sleep(600) IS NULL AS v')
    const stopping = new AbortController()
    const reading = (async () => {
      for await (const _message of postgres.read(
        config,
        { streams: [{ name: 'slow', mode: 'full-refresh' }] },
        { ...runtime, signal: stopping.signal },
      ))
        continue
    })()
    await expect
      .poll(() => count(client, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT \"v\"%' AND state = 'active'"))
      .toBe(1)
    stopping.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})
