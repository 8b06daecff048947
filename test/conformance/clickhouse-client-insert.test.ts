import { setTimeout as sleep } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type TestWarehouse, startTestWarehouse } from '#test/fixture/warehouse.ts'

// What @clickhouse/client writes to the local warehouse, and how a query of it is ended.
let warehouse: TestWarehouse
let client: ClickHouseClient

beforeAll(async () => {
  warehouse = await startTestWarehouse()
  client = connect()
})
afterAll(async () => {
  await client?.close()
  await warehouse?.stop()
})
beforeEach(async () => {
  await client.command({ query: 'DROP TABLE IF EXISTS t' })
  await client.command({
    query: 'CREATE TABLE t (a UInt32, b String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
  })
})

function connect(options: Parameters<typeof createClient>[0] = {}): ClickHouseClient {
  return createClient({ url: warehouse.url, username: warehouse.user, password: warehouse.password, log: { level: 127 }, ...options })
}

async function stored(): Promise<[number, string][]> {
  const result = await client.query({ query: 'SELECT a, b FROM t ORDER BY a, b', format: 'JSONCompactEachRow' })
  return (await result.json()) as [number, string][]
}

async function count(): Promise<number> {
  const result = await client.query({ query: 'SELECT count() AS c FROM t', format: 'JSONEachRow' })
  return ((await result.json()) as { c: number }[])[0]!.c
}

describe('insert', () => {
  test('an array of objects, with the real counts in the summary', async () => {
    const { summary, executed } = await client.insert({
      table: 't',
      values: [
        { a: 1, b: 'x' },
        { a: 2, b: 'y' },
      ],
      format: 'JSONEachRow',
    })
    expect(executed).toBe(true)
    expect(summary).toMatchObject({ written_rows: '2', read_rows: '2' })
    expect(await stored()).toEqual([
      [1, 'x'],
      [2, 'y'],
    ])
  })
  test('strings with line ends, semicolons, quotes and any Unicode are kept as they are', async () => {
    const odd = ['\n\n', ';\n;', `'"\\`, '漢字 🚀', '\u0000', '{"a":1}\n', '--', '/*', ' lead']
    await client.insert({ table: 't', values: odd.map((b, a) => ({ a, b })), format: 'JSONEachRow' })
    expect((await stored()).map(([, b]) => b)).toEqual(odd)
  })
  test('arrays of values', async () => {
    await client.insert({
      table: 't',
      values: [
        [1, 'x'],
        [2, 'y'],
      ],
      format: 'JSONCompactEachRow',
    })
    expect(await stored()).toEqual([
      [1, 'x'],
      [2, 'y'],
    ])
  })
  test('named columns, and all but some', async () => {
    await client.insert({ table: 't', values: [{ a: 5 }], columns: ['a'], format: 'JSONEachRow' })
    await client.insert({ table: 't', values: [{ a: 6 }], columns: { except: ['b'] }, format: 'JSONEachRow' })
    expect(await stored()).toEqual([
      [5, ''],
      [6, ''],
    ])
  })
  test('a stream of objects', async () => {
    const values = Readable.from(
      (function* () {
        for (let a = 0; a < 50_000; a++) yield { a, b: `row ${a}` }
      })(),
    )
    await client.insert({ table: 't', values, format: 'JSONEachRow' })
    expect(await count()).toBe(50_000)
  })
  test('a stream of CSV text', async () => {
    const values = Readable.from(['1,"a\nb"\n2', ',"c;d"\n'], { objectMode: false })
    await client.insert({ table: 't', values, format: 'CSV' })
    expect(await stored()).toEqual([
      [1, 'a\nb'],
      [2, 'c;d'],
    ])
  })
  test.each([
    ['TabSeparated', '1\tx\n2\ty\n'],
    ['TabSeparatedWithNames', 'b\ta\nx\t1\ny\t2\n'],
    ['CSVWithNames', 'b,a\nx,1\ny,2\n'],
    ['CSVWithNamesAndTypes', 'a,b\nUInt32,String\n1,x\n2,y\n'],
  ] as const)('%s text', async (format, text) => {
    await client.insert({ table: 't', values: Readable.from([text], { objectMode: false }), format })
    expect(await stored()).toEqual([
      [1, 'x'],
      [2, 'y'],
    ])
  })
  test.each(['Native', 'RowBinary', 'Parquet', 'ORC', 'ArrowStream', 'Avro', 'MsgPack', 'JSONColumns', 'JSON', 'Values'])(
    'what it sends as %s it takes',
    async (format) => {
      const { stream } = await client.exec({
        query: `SELECT toUInt32(number) AS a, toString(number) AS b FROM numbers(3) FORMAT ${format}`,
      })
      await drain(await client.exec({ query: `INSERT INTO t FORMAT ${format}`, values: stream as Readable }))
      expect(await stored()).toEqual([
        [0, '0'],
        [1, '1'],
        [2, '2'],
      ])
    },
  )
  test('no rows are no error', async () => {
    await client.insert({ table: 't', values: [], format: 'JSONEachRow' })
    await client.insert({ table: 't', values: Readable.from([], { objectMode: true }), format: 'JSONEachRow' })
    expect(await count()).toBe(0)
  })
  test.each([true, { codec: 'gzip' }, { codec: 'zstd' }, { codec: 'br' }] as const)('a request body in %j', async (request) => {
    const packed = connect({ compression: { request: request as never } })
    await packed.insert({ table: 't', values: Array.from({ length: 1000 }, (_, a) => ({ a, b: 'x'.repeat(100) })), format: 'JSONEachRow' })
    await packed.close()
    expect(await count()).toBe(1000)
  })
  test('settings of the request and of the statement', async () => {
    await client.insert({
      table: 't',
      values: [{ a: 1, b: 'x', unknown: 1 }],
      format: 'JSONEachRow',
      clickhouse_settings: { input_format_skip_unknown_fields: 1 },
    })
    const query = 'INSERT INTO t SETTINGS input_format_skip_unknown_fields = 1 FORMAT JSONEachRow'
    await drain(await client.exec({ query, values: Readable.from(['{"a":2,"b":"y","z":0}\n'], { objectMode: false }) }))
    expect(await stored()).toEqual([
      [1, 'x'],
      [2, 'y'],
    ])
    await expect(
      client.insert({
        table: 't',
        values: [{ a: 1, z: 1 }],
        format: 'JSONEachRow',
        clickhouse_settings: { input_format_skip_unknown_fields: 0 },
      }),
    ).rejects.toMatchObject({ code: '117' })
  })
  test('a repeated insert_deduplication_token is a no-op', async () => {
    for (const a of [1, 1, 2]) {
      const token = { insert_deduplication_token: 'batch-1' }
      await client.insert({ table: 't', values: [{ a, b: 'x' }], format: 'JSONEachRow', clickhouse_settings: token })
    }
    expect(await stored()).toEqual([[1, 'x']])
  })
  test('VALUES in the statement, with parameters and functions', async () => {
    await client.command({ query: "INSERT INTO t (a, b) VALUES (1, 'x;y'), ({n:UInt32}, concat('a', 'b'))", query_params: { n: 7 } })
    expect(await stored()).toEqual([
      [1, 'x;y'],
      [7, 'ab'],
    ])
  })
  test('INSERT … SELECT … FROM input()', async () => {
    const query = "INSERT INTO t SELECT x + 1, upper(y) FROM input('x UInt32, y String') FORMAT JSONEachRow"
    await drain(await client.exec({ query, values: Readable.from(['{"x":1,"y":"a"}\n{"x":2,"y":"b"}\n'], { objectMode: false }) }))
    expect(await stored()).toEqual([
      [2, 'A'],
      [3, 'B'],
    ])
  })
  test('written_rows counts what materialized views wrote too', async () => {
    await client.command({ query: 'CREATE TABLE t2 (a UInt32) ENGINE = MergeTree ORDER BY a' })
    await client.command({ query: 'CREATE MATERIALIZED VIEW v TO t2 AS SELECT a FROM t' })
    const { summary } = await client.insert({
      table: 't',
      values: [
        { a: 1, b: '' },
        { a: 2, b: '' },
      ],
      format: 'JSONEachRow',
    })
    expect(summary).toMatchObject({ written_rows: '4' })
    await client.command({ query: 'DROP TABLE v' })
    await client.command({ query: 'DROP TABLE t2' })
  })
})

describe('an insert that fails', () => {
  test('tells the row and the column, and stores nothing of the block', async () => {
    const values = [
      { a: 1, b: 'x' },
      { a: 'not a number', b: 'y' },
    ]
    const error = await client.insert({ table: 't', values, format: 'JSONEachRow' }).then(
      () => new Error('it was taken'),
      (thrown: Error) => thrown,
    )
    expect(error).toMatchObject({ code: '27', type: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED', message: expect.stringContaining('key a') })
    expect(error.message).not.toContain('pipe')
    expect(await count()).toBe(0)
  })
  test('into a table that is not there', async () => {
    await expect(client.insert({ table: 'absent', values: [{ a: 1 }], format: 'JSONEachRow' })).rejects.toMatchObject({ code: '60' })
    const endless = Readable.from(lines(1e6), { objectMode: false })
    await expect(client.insert({ table: 'absent', values: endless, format: 'CSV' })).rejects.toMatchObject({ code: '60' })
  })
  test('with an unknown column, an unknown format, a constraint', async () => {
    await expect(client.insert({ table: 't', values: [{ a: 1 }], columns: ['zz'], format: 'JSONEachRow' })).rejects.toMatchObject({
      code: '16',
    })
    await expect(
      client.exec({ query: 'INSERT INTO t FORMAT Nonsense', values: Readable.from(['x'], { objectMode: false }) }),
    ).rejects.toMatchObject({ code: '73' })
    await client.command({ query: 'ALTER TABLE t ADD CONSTRAINT small CHECK a < 10' })
    await expect(client.insert({ table: 't', values: [{ a: 11, b: '' }], format: 'JSONEachRow' })).rejects.toMatchObject({ code: '469' })
  })
  test('when its source breaks off: nothing is stored', async () => {
    const values = Readable.from(
      (async function* () {
        for (let a = 0; a < 1000; a++) yield { a, b: 'x' }
        await sleep(200)
        throw new Error('the source broke')
      })(),
    )
    await expect(client.insert({ table: 't', values, format: 'JSONEachRow' })).rejects.toThrow()
    await idle()
    expect(await count()).toBe(0)
  })
  test('when it is aborted: nothing is stored', async () => {
    const abort = new AbortController()
    const values = Readable.from(
      (async function* () {
        yield { a: 1, b: 'x' }
        await sleep(100)
        abort.abort()
        await sleep(200)
      })(),
    )
    await expect(client.insert({ table: 't', values, format: 'JSONEachRow', abort_signal: abort.signal })).rejects.toThrow()
    await idle()
    expect(await count()).toBe(0)
  })
})

describe('ending a query', () => {
  test('an aborted query is cancelled in the engine', async () => {
    const abort = new AbortController()
    const asked = client.query({
      query: 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1',
      abort_signal: abort.signal,
    })
    await running('sleepEachRow')
    abort.abort()
    await expect(asked).rejects.toThrow()
    await idle()
  })
  test('a reader that leaves in the middle of a result ends the query', async () => {
    const result = await client.query({ query: 'SELECT number FROM system.numbers', format: 'JSONEachRow' })
    for await (const _block of result.stream()) break
    result.close()
    await idle()
  })
  test('KILL QUERY by the query_id that was given', async () => {
    const asked = client.query({
      query: 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1',
      query_id: 'to-be-killed',
    })
    const failed = expect(asked).rejects.toMatchObject({ code: '394', type: 'QUERY_WAS_CANCELLED' })
    await running('to-be-killed')
    await client.command({ query: "KILL QUERY WHERE query_id = 'to-be-killed'" })
    await failed
  })
  test('KILL QUERY … SYNC returns once the query is over', async () => {
    const asked = client.query({
      query: 'SELECT sum(sleepEachRow(0.1)) FROM numbers(600) SETTINGS max_block_size = 1',
      query_id: 'kill-in-sync',
    })
    const failed = expect(asked).rejects.toMatchObject({ code: '394' })
    await running('kill-in-sync')
    const result = await client.query({
      query: 'KILL QUERY WHERE query_id = {id:String} SYNC',
      query_params: { id: 'kill-in-sync' },
      format: 'JSONEachRow',
    })
    expect(await result.json()).toMatchObject([{ kill_status: expect.any(String) }])
    expect(await processes('kill-in-sync')).toBe(0)
    await failed
  })
})

describe('sessions and roles', () => {
  test('a session keeps its temporary table and its SET', async () => {
    const session = connect({ session_id: 'session-1' })
    await session.command({ query: 'CREATE TEMPORARY TABLE mine (x UInt8)' })
    await session.insert({ table: 'mine', values: [{ x: 7 }], format: 'JSONEachRow' })
    await session.command({ query: 'SET max_result_rows = 11' })
    const result = await session.query({ query: "SELECT x, getSetting('max_result_rows') AS r FROM mine", format: 'JSONEachRow' })
    expect(await result.json()).toEqual([{ x: 7, r: 11 }])
    await expect(client.query({ query: 'SELECT x FROM mine' })).rejects.toMatchObject({ code: '60' })
    await session.close()
  })
  test("a request's settings are not the session's", async () => {
    const session = connect({ session_id: 'session-2' })
    const query = "SELECT getSetting('max_result_rows') AS r, getSetting('max_threads') AS t"
    await session.command({ query: 'SET max_result_rows = 11' })
    const asked = await session.query({ query, format: 'JSONEachRow', clickhouse_settings: { max_result_rows: '22', max_threads: 1 } })
    expect(await asked.json()).toEqual([{ r: 22, t: 1 }])
    const then = await session.query({ query, format: 'JSONEachRow' })
    expect(await then.json()).toEqual([{ r: 11, t: expect.not.stringMatching(/^1$/) }])
    await session.close()
  })
  test('a session serves one request at a time', async () => {
    const session = connect({ session_id: 'session-3' })
    const first = session.query({ query: 'SELECT sleep(1)', format: 'JSONEachRow' })
    await running('sleep(1)')
    await expect(session.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '373', type: 'SESSION_IS_LOCKED' })
    await (await first).text()
    await session.close()
  })
  test('a role that is not there is an error, as there are none', async () => {
    await expect(client.query({ query: 'SELECT 1', role: 'analyst' })).rejects.toMatchObject({ code: '511', type: 'UNKNOWN_ROLE' })
  })
})

async function drain(result: { stream: AsyncIterable<unknown> }): Promise<void> {
  for await (const _chunk of result.stream) {
    // An INSERT answers with nothing.
  }
}

function* lines(count: number): Generator<Buffer> {
  for (let i = 0; i < count; i += 1000) yield Buffer.from(Array.from({ length: 1000 }, (_, j) => `${i + j},row\n`).join(''))
}

async function processes(text: string): Promise<number> {
  const result = await client.query({
    query: "SELECT count() AS c FROM system.processes WHERE position(query, {text:String}) > 0 AND position(query, 'system.processes') = 0",
    query_params: { text },
    format: 'JSONEachRow',
  })
  return ((await result.json()) as { c: number }[])[0]!.c
}

async function running(text: string): Promise<void> {
  await expect.poll(() => processes(text), { timeout: 10_000 }).toBeGreaterThan(0)
}

/** Resolves when the engine runs nothing but our question. */
async function idle(): Promise<void> {
  await expect.poll(() => processes(''), { timeout: 10_000 }).toBe(0)
}

test('gzip of many members is read to its end', async () => {
  const body = Buffer.concat([gzipSync('1,x\n'), gzipSync('2,y\n')])
  const response = await fetch(`${warehouse.url}/?query=${encodeURIComponent('INSERT INTO t FORMAT CSV')}`, {
    method: 'POST',
    headers: { 'X-ClickHouse-User': warehouse.user, 'X-ClickHouse-Key': warehouse.password, 'Content-Encoding': 'gzip' },
    body,
  })
  expect(response.status).toBe(200)
  expect(await stored()).toEqual([
    [1, 'x'],
    [2, 'y'],
  ])
})
