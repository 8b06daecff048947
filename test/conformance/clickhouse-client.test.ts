import { type ClickHouseClient, TupleParam, createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestWarehouse, startTestWarehouse } from '#test/fixture/warehouse.ts'

// What @clickhouse/client reads, with its own types and streams, from the local warehouse as from a server.
let warehouse: TestWarehouse
let client: ClickHouseClient

beforeAll(async () => {
  warehouse = await startTestWarehouse()
  client = connect()
  await client.command({ query: 'CREATE TABLE numbers_10 (n UInt64, s String) ENGINE = MergeTree ORDER BY n' })
  await client.command({ query: 'INSERT INTO numbers_10 SELECT number, toString(number) FROM numbers(10)' })
})
afterAll(async () => {
  await client?.close()
  await warehouse?.stop()
})

function connect(options: Parameters<typeof createClient>[0] = {}): ClickHouseClient {
  return createClient({ url: warehouse.url, username: warehouse.user, password: warehouse.password, log: { level: 127 }, ...options })
}

async function rows<Row = Record<string, unknown>>(query: string, options: object = {}): Promise<Row[]> {
  const result = await client.query({ query, format: 'JSONEachRow', ...options })
  return (await result.json()) as Row[]
}

describe('ping', () => {
  test('answers over the health check', async () => {
    expect(await client.ping()).toEqual({ success: true })
  })
  test('answers over a SELECT', async () => {
    expect(await client.ping({ select: true })).toEqual({ success: true })
  })
  test('tells a wrong password, by a SELECT', async () => {
    const stranger = connect({ password: 'wrong' })
    expect(await stranger.ping({ select: true })).toMatchObject({ success: false, error: { code: '516', type: 'AUTHENTICATION_FAILED' } })
    await stranger.close()
  })
})

describe('query: JSON formats', () => {
  const query = 'SELECT n, s FROM numbers_10 ORDER BY n LIMIT 2'
  test('JSON has meta, data, rows and statistics', async () => {
    const result = await client.query({ query, format: 'JSON' })
    expect(await result.json()).toMatchObject({
      meta: [
        { name: 'n', type: 'UInt64' },
        { name: 's', type: 'String' },
      ],
      data: [
        { n: 0, s: '0' },
        { n: 1, s: '1' },
      ],
      rows: 2,
      statistics: { rows_read: expect.any(Number) },
    })
  })
  test('JSON is the default', async () => {
    const result = await client.query({ query: 'SELECT 1 AS one' })
    expect(await result.json()).toMatchObject({ data: [{ one: 1 }] })
  })
  test('a JSON result of many blocks is one document', async () => {
    const result = await client.query({
      query: 'SELECT number FROM numbers(500000)',
      format: 'JSON',
      clickhouse_settings: { max_block_size: '1000' },
    })
    const document = await result.json<{ number: string }>()
    expect(document.rows).toBe(500_000)
    expect(document.data.at(-1)).toEqual({ number: 499_999 })
  })
  const each: [format: Parameters<ClickHouseClient['query']>[0]['format'], expected: unknown][] = [
    [
      'JSONEachRow',
      [
        { n: 0, s: '0' },
        { n: 1, s: '1' },
      ],
    ],
    [
      'JSONStringsEachRow',
      [
        { n: '0', s: '0' },
        { n: '1', s: '1' },
      ],
    ],
    [
      'JSONCompactEachRow',
      [
        [0, '0'],
        [1, '1'],
      ],
    ],
    [
      'JSONCompactStringsEachRow',
      [
        ['0', '0'],
        ['1', '1'],
      ],
    ],
    [
      'JSONCompactEachRowWithNames',
      [
        ['n', 's'],
        [0, '0'],
        [1, '1'],
      ],
    ],
    [
      'JSONCompactEachRowWithNamesAndTypes',
      [
        ['n', 's'],
        ['UInt64', 'String'],
        [0, '0'],
        [1, '1'],
      ],
    ],
    ['JSONObjectEachRow', { row_1: { n: 0, s: '0' }, row_2: { n: 1, s: '1' } }],
    ['JSONColumnsWithMetadata', expect.objectContaining({ data: { n: [0, 1], s: ['0', '1'] } })],
    [
      'JSONCompact',
      expect.objectContaining({
        data: [
          [0, '0'],
          [1, '1'],
        ],
      }),
    ],
    [
      'JSONStrings',
      expect.objectContaining({
        data: [
          { n: '0', s: '0' },
          { n: '1', s: '1' },
        ],
      }),
    ],
    [
      'JSONCompactStrings',
      expect.objectContaining({
        data: [
          ['0', '0'],
          ['1', '1'],
        ],
      }),
    ],
  ]
  test.each(each)('%s', async (format, expected) => {
    const result = await client.query({ query, format: format! })
    expect(await result.json()).toEqual(expected)
  })
})

describe('query: text and binary formats', () => {
  const query = 'SELECT n, s FROM numbers_10 ORDER BY n LIMIT 2'
  const each: [format: Parameters<ClickHouseClient['query']>[0]['format'], expected: string][] = [
    ['CSV', '0,"0"\n1,"1"\n'],
    ['CSVWithNames', '"n","s"\n0,"0"\n1,"1"\n'],
    ['CSVWithNamesAndTypes', '"n","s"\n"UInt64","String"\n0,"0"\n1,"1"\n'],
    ['TabSeparated', '0\t0\n1\t1\n'],
    ['TabSeparatedRaw', '0\t0\n1\t1\n'],
    ['TabSeparatedWithNames', 'n\ts\n0\t0\n1\t1\n'],
    ['TabSeparatedWithNamesAndTypes', 'n\ts\nUInt64\tString\n0\t0\n1\t1\n'],
    ['CustomSeparated', '0\t0\n1\t1\n'],
    ['CustomSeparatedWithNames', 'n\ts\n0\t0\n1\t1\n'],
  ]
  test.each(each)('%s', async (format, expected) => {
    const result = await client.query({ query, format: format! })
    expect(await result.text()).toBe(expected)
  })
  test('Parquet is one file', async () => {
    const { stream } = await client.exec({ query: 'SELECT number FROM numbers(300000) FORMAT Parquet' })
    const bytes = await bytesOf(stream)
    expect(bytes.subarray(0, 4).toString()).toBe('PAR1')
    expect(bytes.subarray(-4).toString()).toBe('PAR1')
    expect(bytes.indexOf('PAR1', 4)).toBe(bytes.length - 4)
  })
  test('Native and RowBinary are exact', async () => {
    const binary = await client.exec({ query: "SELECT toUInt16(258), 'ab' FORMAT RowBinary" })
    expect([...(await bytesOf(binary.stream))]).toEqual([2, 1, 2, 97, 98])
    const native = await client.exec({ query: 'SELECT toUInt8(7) AS x FORMAT Native' })
    expect([...(await bytesOf(native.stream))]).toEqual([1, 1, 1, 120, 5, ...Buffer.from('UInt8'), 7])
  })
  test('an empty result is an empty result', async () => {
    expect(await rows('SELECT n FROM numbers_10 WHERE n > 100')).toEqual([])
    const result = await client.query({ query: 'SELECT n FROM numbers_10 WHERE n > 100', format: 'JSON' })
    expect(await result.json()).toMatchObject({ rows: 0, data: [] })
  })
  test('WITH TOTALS and extremes come along in JSON', async () => {
    const result = await client.query({
      query: 'SELECT n % 2 AS odd, count() AS c FROM numbers_10 GROUP BY odd WITH TOTALS ORDER BY odd',
      format: 'JSON',
      clickhouse_settings: { extremes: 1 },
    })
    expect(await result.json()).toMatchObject({ totals: { c: 10 }, extremes: { min: { c: 5 } } })
  })
})

describe('query: streams', () => {
  test('a stream of rows has every row, in order', async () => {
    const result = await client.query({ query: 'SELECT number FROM system.numbers LIMIT 300000', format: 'JSONEachRow' })
    let expected = 0
    for await (const block of result.stream()) {
      for (const row of block)
        if (Number((row.json() as { number: number }).number) !== expected++) throw new Error(`row ${expected} is out of order`)
    }
    expect(expected).toBe(300_000)
  })
  test('a stream of CSV lines', async () => {
    const result = await client.query({ query: 'SELECT number FROM numbers(1000)', format: 'CSV' })
    const lines: string[] = []
    for await (const block of result.stream()) lines.push(...block.map((row) => row.text))
    expect(lines).toHaveLength(1000)
  })
  test('an error after the first megabytes reaches the reader with its text', async () => {
    const result = await client.query({
      query: 'SELECT number, throwIf(number = 2000000) FROM numbers(10000000)',
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1 },
    })
    const reading = (async () => {
      for await (const _block of result.stream()) {
        // To its end.
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: '395', type: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO' })
  })
  test('an error within the first megabyte is an error of the request', async () => {
    await expect(rows('SELECT throwIf(number = 5000) FROM numbers(10000)')).rejects.toMatchObject({ code: '395' })
  })
  test('with wait_end_of_query every error is an error of the request', async () => {
    const query = 'SELECT number, throwIf(number = 2000000) FROM numbers(10000000)'
    await expect(rows(query, { clickhouse_settings: { wait_end_of_query: 1, max_threads: 1 } })).rejects.toMatchObject({ code: '395' })
  })
  test('wait_end_of_query gives the whole of a large result', async () => {
    const result = await client.query({
      query: 'SELECT number FROM numbers(400000)',
      format: 'TabSeparated',
      clickhouse_settings: { wait_end_of_query: 1 },
    })
    expect((await result.text()).split('\n')).toHaveLength(400_001)
  })
})

describe('query_params are bound by the engine', () => {
  test('numbers, strings, booleans', async () => {
    const query = 'SELECT {n:Int32} AS n, {s:String} AS s, {b:Bool} AS b, {f:Float64} AS f'
    expect(await rows(query, { query_params: { n: -5, s: `it's "x"\t\\ \n é 漢`, b: true, f: 1.5 } })).toEqual([
      { n: -5, s: `it's "x"\t\\ \n é 漢`, b: true, f: 1.5 },
    ])
  })
  test('arrays, nested and of strings with quotes', async () => {
    const query = 'SELECT {a:Array(String)} AS a, {b:Array(Array(UInt8))} AS b'
    const params = { a: ["it's", 'a,b', '\\', ''], b: [[1], [], [2, 3]] }
    expect(await rows(query, { query_params: params })).toEqual([params])
  })
  test('null for a Nullable', async () => {
    expect(await rows('SELECT {x:Nullable(String)} AS x, {y:Nullable(Int8)} AS y', { query_params: { x: null, y: null } })).toEqual([
      { x: null, y: null },
    ])
  })
  test('dates and times', async () => {
    const query = 'SELECT {d:Date} AS d, {t:DateTime} AS t, {p:DateTime64(3)} AS p'
    const params = { d: '2024-02-29', t: new Date('2024-02-29T12:34:56Z'), p: new Date('2024-02-29T12:34:56.789Z') }
    expect(await rows(query, { query_params: params })).toEqual([
      { d: '2024-02-29', t: '2024-02-29 12:34:56', p: '2024-02-29 12:34:56.789' },
    ])
  })
  test('maps and tuples', async () => {
    const query = 'SELECT {m:Map(String, UInt8)} AS m, {t:Tuple(UInt8, String)} AS t'
    const params = { m: { a: 1, "b'": 2 }, t: new TupleParam([7, 'x']) }
    expect(await rows(query, { query_params: params })).toEqual([{ m: { a: 1, "b'": 2 }, t: [7, 'x'] }])
  })
  test('identifiers', async () => {
    expect(await rows('SELECT max({c:Identifier}) AS m FROM {t:Identifier}', { query_params: { c: 'n', t: 'numbers_10' } })).toEqual([
      { m: 9 },
    ])
  })
  test('a value is never SQL', async () => {
    const s = "'); DROP TABLE numbers_10; --"
    expect(await rows('SELECT {s:String} AS s', { query_params: { s } })).toEqual([{ s }])
    expect(await rows('SELECT count() AS c FROM numbers_10')).toEqual([{ c: 10 }])
  })
  test('a missing one is an error that names it', async () => {
    await expect(rows('SELECT {absent:String}')).rejects.toMatchObject({ code: '456', message: expect.stringContaining('absent') })
  })
  test('in a multipart body, and by themselves when they are long', async () => {
    const s = 'x'.repeat(300_000)
    expect(await rows('SELECT length({s:String}) AS l', { query_params: { s }, use_multipart_params: true })).toEqual([{ l: 300_000 }])
    expect(await rows('SELECT length({s:String}) AS l', { query_params: { s }, use_multipart_params_auto: true })).toEqual([{ l: 300_000 }])
  })
  test('concurrently, each request with its own', async () => {
    const values = Array.from({ length: 60 }, (_, i) => i)
    const answers = await Promise.all(values.map((x) => rows('SELECT {x:UInt32} AS x FROM numbers(1)', { query_params: { x } })))
    expect(answers).toEqual(values.map((x) => [{ x }]))
  })
})

describe('settings, database, query_id', () => {
  test('a setting holds for its request and for no other', async () => {
    const query = "SELECT getSetting('max_result_rows') AS v"
    expect(await rows(query, { clickhouse_settings: { max_result_rows: '77' } })).toEqual([{ v: 77 }])
    expect(await rows(query)).toEqual([{ v: 0 }])
  })
  test('SET in a statement does not leak into the next request', async () => {
    await client.command({ query: 'SET max_result_rows = 5' })
    expect(await rows("SELECT getSetting('max_result_rows') AS v")).toEqual([{ v: 0 }])
  })
  test('64-bit integers are quoted when asked for', async () => {
    const settings = { output_format_json_quote_64bit_integers: 1 } as const
    expect(await rows('SELECT toUInt64(18446744073709551615) AS v', { clickhouse_settings: settings })).toEqual([
      { v: '18446744073709551615' },
    ])
  })
  test('an unknown setting is refused', async () => {
    await expect(rows('SELECT 1', { clickhouse_settings: { no_such_setting: 1 } })).rejects.toMatchObject({
      code: '115',
      type: 'UNKNOWN_SETTING',
    })
  })
  test('the database of the client is the current one', async () => {
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS `odd-name`' })
    const other = connect({ database: 'odd-name' })
    const result = await other.query({ query: 'SELECT currentDatabase() AS d', format: 'JSONEachRow' })
    expect(await result.json()).toEqual([{ d: 'odd-name' }])
    await other.close()
  })
  test('an unknown database is an error', async () => {
    const other = connect({ database: 'nowhere' })
    await expect(other.query({ query: 'SELECT 1' })).rejects.toMatchObject({ code: '81', type: 'UNKNOWN_DATABASE' })
    await other.close()
  })
  test('query_id comes back', async () => {
    const result = await client.query({ query: 'SELECT 1', query_id: 'my-own-id' })
    expect(result.query_id).toBe('my-own-id')
    expect(result.response_headers['x-clickhouse-query-id']).toBe('my-own-id')
    await result.text()
  })
  test('max_execution_time ends a query', async () => {
    await expect(rows('SELECT count() FROM system.numbers', { clickhouse_settings: { max_execution_time: 1 } })).rejects.toMatchObject({
      code: '159',
    })
  })
  test('readonly settings are kept by the engine', async () => {
    await expect(
      client.command({ query: 'CREATE TABLE no (a UInt8) ENGINE = Memory', clickhouse_settings: { readonly: '1' } }),
    ).rejects.toMatchObject({
      code: '164',
    })
  })
})

describe('compression', () => {
  test.each([true, { codec: 'gzip' }, { codec: 'zstd' }, { codec: 'br' }] as const)('responses in %j', async (response) => {
    const packed = connect({ compression: { response: response as never } })
    const result = await packed.query({ query: 'SELECT number FROM numbers(200000)', format: 'JSONEachRow' })
    expect(result.response_headers['content-encoding']).toBe(response === true ? 'gzip' : response.codec)
    expect(await result.json()).toHaveLength(200_000)
    await packed.close()
  })
  test('an error within a compressed answer still reaches the reader', async () => {
    const packed = connect({ compression: { response: true } })
    const result = await packed.query({
      query: 'SELECT number, throwIf(number = 2000000) FROM numbers(10000000)',
      format: 'JSONEachRow',
      clickhouse_settings: { max_threads: 1 },
    })
    const reading = (async () => {
      for await (const _block of result.stream()) {
        // To its end.
      }
    })()
    await expect(reading).rejects.toMatchObject({ code: '395' })
    await packed.close()
  })
})

describe('command and exec', () => {
  test('DDL, and what the summary says of an INSERT SELECT', async () => {
    await client.command({ query: 'CREATE TABLE made (a UInt32) ENGINE = MergeTree ORDER BY a' })
    const { summary } = await client.command({ query: 'INSERT INTO made SELECT number FROM numbers(123)' })
    expect(summary).toMatchObject({ written_rows: '123', written_bytes: '492' })
    await client.command({ query: 'DROP TABLE made' })
    await expect(rows('SELECT * FROM made')).rejects.toMatchObject({ code: '60', type: 'UNKNOWN_TABLE' })
  })
  test('command with a trailing semicolon and comments', async () => {
    await client.command({ query: '-- a comment\nCREATE DATABASE IF NOT EXISTS made_db /* ; */;\n-- end' })
    expect(await rows("SELECT name FROM system.databases WHERE name = 'made_db'")).toHaveLength(1)
  })
  test('two statements are refused, and neither runs', async () => {
    await expect(client.command({ query: 'CREATE DATABASE one; CREATE DATABASE two' })).rejects.toMatchObject({ code: '62' })
    expect(await rows("SELECT name FROM system.databases WHERE name IN ('one', 'two')")).toEqual([])
  })
  test('SHOW, DESCRIBE, EXISTS and EXPLAIN have results', async () => {
    expect(await rows('SHOW TABLES')).toContainEqual({ name: 'numbers_10' })
    expect(await rows('DESCRIBE TABLE numbers_10')).toMatchObject([{ name: 'n', type: 'UInt64' }, { name: 's' }])
    expect(await rows('EXISTS TABLE numbers_10')).toEqual([{ result: 1 }])
    expect(await rows('EXPLAIN SELECT 1')).not.toEqual([])
  })
  test("syntax errors have ClickHouse's number and text, and none of our clauses", async () => {
    const error = await client.exec({ query: 'SELECT 1 FROM' }).then(
      () => new Error('it ran'),
      (thrown: Error) => thrown,
    )
    expect(error).toMatchObject({ code: '62', type: 'SYNTAX_ERROR' })
    expect(error.message).not.toContain('OUTFILE')
  })
})
async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
