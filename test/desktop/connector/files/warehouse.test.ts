import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { runSource, type SourceRun } from '#core/pipeline/run.ts'
import { queryRows } from '#core/warehouse/port.ts'
import { files } from '#desktop/connector/files/index.ts'
import { type ClickHouseWarehouse, createClickHouse } from '#desktop/host/clickhouse.ts'
import { type FileServer, startFileServer } from '#test/fixture/file-server.ts'
import { memoryState } from '#test/fixture/memory-state.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startS3Server } from '#test/fixture/s3-server.ts'
import { readSource } from '#test/fixture/source-messages.ts'
import { tempFolder } from '#test/fixture/temp-folder.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'

let process: TestWarehouse
let warehouse: ClickHouseWarehouse
let databases = 0
let runs = 0

beforeAll(async () => {
  process = await startTestWarehouse()
  warehouse = createClickHouse(process)
})

afterAll(async () => {
  await warehouse.close()
  await process.stop()
})

const rows = (sql: string) => queryRows<JsonObject>(warehouse, sql)

/** What ClickHouse writes of a SELECT as a file: Parquet of another hand than ours. */
async function exported(sql: string): Promise<Uint8Array> {
  const authorization = `Basic ${btoa(`${process.user}:${process.password}`)}`
  const response = await fetch(process.url, { method: 'POST', body: sql, headers: { authorization } })
  if (!response.ok) throw new Error(await response.text())
  return new Uint8Array(await response.arrayBuffer())
}

/** A source over a folder, and runs of it into a database of its own. */
function loaded(streams: JsonObject, folder = tempFolder()) {
  const database = `files${++databases}`
  const state = memoryState()
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const run = (options: Partial<SourceRun> = {}) =>
    runSource({
      source: files,
      config: { location: folder, streams },
      sourceName: database,
      database,
      state,
      warehouse,
      runtime: testRuntime(),
      runId: `run-${++runs}`,
      ...options,
    })
  return { database, write, run }
}

describe('CSV', () => {
  test('becomes typed columns, and a later file that does not fit widens them without a loss', async () => {
    const { database, write, run } = loaded({ orders: { files: '*.csv', format: 'csv', primary_key: ['id'] } })
    write('a.csv', 'id,price,paid,zip,day,at,note\n1,1.50,true,12345,2026-01-31,2026-01-31T10:00:00Z,\n2,3,false,,,,x\n')
    expect(await run()).toMatchObject({ status: 'succeeded', streams: [{ mode: 'incremental_deduped', rows_written: 2 }] })
    const types = () =>
      rows(`SELECT name, type FROM system.columns WHERE database = '${database}' AND table = 'orders__raw' AND name NOT LIKE '\\_%'`)
    expect(Object.fromEntries((await types()).map(({ name, type }) => [name, type]))).toEqual({
      id: 'Int64',
      price: 'Nullable(Float64)',
      paid: 'Nullable(Bool)',
      zip: 'Nullable(Int64)',
      day: 'Nullable(Date32)',
      at: "Nullable(DateTime64(3, 'UTC'))",
      note: 'Nullable(String)',
    })
    write('b.csv', 'id,price,paid,zip,day,at,note\n2,4.25,yes,01234,tomorrow,,y\n3,n/a,,,,,\n')
    expect(await run()).toMatchObject({ status: 'succeeded', streams: [{ rows_read: 2, row_errors: 0 }] })
    expect(await rows(`SELECT id, price, paid, zip, day, note, _file, _row FROM ${database}.orders ORDER BY id`)).toEqual([
      { id: '1', price: '1.5', paid: 'true', zip: '12345', day: '2026-01-31', note: null, _file: 'a.csv', _row: '1' },
      { id: '2', price: '4.25', paid: 'yes', zip: '01234', day: 'tomorrow', note: 'y', _file: 'b.csv', _row: '1' },
      { id: '3', price: 'n/a', paid: null, zip: null, day: null, note: null, _file: 'b.csv', _row: '2' },
    ])
    expect(await run()).toMatchObject({ status: 'succeeded', streams: [{ rows_read: 0 }] })
  })

  test('what does not fit a declared column stands in the errors of its row', async () => {
    const { database, write, run } = loaded({ s: { files: 'a.csv', format: 'csv', columns: { n: 'integer', t: 'timestamp' } } })
    write('a.csv', 'n,t\n007,2026-01-31 10:00:00\nn/a,never\n')
    expect(await run()).toMatchObject({ status: 'succeeded', counts: { row_errors: 1 } })
    expect(await rows(`SELECT n, toString(t) AS t, _millrace_errors AS e FROM ${database}.s ORDER BY _row`)).toEqual([
      { n: '7', t: '2026-01-31 10:00:00.000', e: {} },
      { n: null, t: null, e: { n: '"n/a"', t: '"never"' } },
    ])
  })

  test('without a key, file and row tell rows apart, and a changed file replaces its rows', async () => {
    const { database, write, run } = loaded({ s: { files: '*.csv', format: 'csv', primary_key: ['_file', '_row'] } })
    write('a.csv', 'v\n1\n2\n')
    write('b.csv', 'v\n3\n')
    await run()
    write('a.csv', 'v\n10\n20\n')
    expect(await run()).toMatchObject({ status: 'succeeded', counts: { rows_read: 2 } })
    expect((await rows(`SELECT v FROM ${database}.s ORDER BY v`)).map(({ v }) => v)).toEqual(['3', '10', '20'])
  })

  test('a file that breaks leaves nothing half behind: those before it stay, its own rows go, and the next run goes on', async () => {
    const { database, write, run } = loaded({ s: { files: '*.csv', format: 'csv' } })
    const incremental = { streams: { s: { mode: 'incremental_append' as const } }, batch: { records: 1000, bytes: 1_000_000 } }
    const good = `v\n${'1\n'.repeat(10_000)}`
    write('a.csv', good)
    expect(await run(incremental)).toMatchObject({ status: 'succeeded' })
    write('b.csv', good)
    write('c.csv', `${good}1,2\n`)
    const broken = await run(incremental)
    expect(broken).toMatchObject({ status: 'failed', error: { code: 'bad-line', message: expect.stringContaining('c.csv, line 10002') } })
    expect(await rows(`SELECT _file, count() AS n FROM ${database}.s GROUP BY _file ORDER BY _file`)).toEqual([
      { _file: 'a.csv', n: '10000' },
      { _file: 'b.csv', n: '10000' },
    ])
    write('c.csv', good)
    expect(await run(incremental)).toMatchObject({ status: 'succeeded', counts: { rows_read: 10_000 } })
    expect(await rows(`SELECT count() AS n, uniq(_file) AS files FROM ${database}.s`)).toEqual([{ n: '30000', files: '3' }])
  })

  test('a source of an S3 store and of a web server is loaded whole through broken connections', async () => {
    const key = { id: 'AKID', secret: 'secret', region: 'eu-central-1' }
    const [s3, web]: FileServer[] = [await startS3Server(key), await startFileServer()] as const
    const body = Buffer.from(`id\n${Array.from({ length: 30_000 }, (_, index) => `${index}\n`).join('')}`)
    for (const server of [s3, web]) {
      server!.files.set('bucket/a.csv', { body, modifiedAt: 0 })
      server!.fault = ({ number }) => (number % 2 === 0 ? { cutAfter: 70_000 } : undefined)
    }
    const streams = { s: { files: 'a.csv', format: 'csv' } }
    const s3Config = {
      location: 's3://bucket',
      s3: { endpoint: s3!.url, region: key.region, access_key_id: key.id, secret_access_key: key.secret },
      streams,
    }
    for (const config of [s3Config, { location: `${web!.url}/bucket`, streams }]) {
      const { database, run } = loaded(streams)
      expect(await run({ config })).toMatchObject({ status: 'succeeded' })
      expect(await rows(`SELECT count() AS n, uniqExact(id) AS ids, sum(id) AS sum FROM ${database}.s`)).toEqual([
        { n: '30000', ids: '30000', sum: String((29_999 * 30_000) / 2) },
      ])
    }
    await s3!.close()
    await web!.close()
  })
})

describe('Parquet', () => {
  const everything = `SELECT
      toInt64(9223372036854775807) AS big, toInt32(-5) AS small, toUInt64(18446744073709551615) AS huge, toUInt8(200) AS byte,
      toDecimal64('-12.30', 2) AS money, toDecimal128('-12345678901234567890.0000000001', 10) AS exact, toDecimal32('0.57', 2) AS cents,
      1.25::Float64 AS f, 0.5::Float32 AS g, true AS yes, 'text é' AS t, NULL::Nullable(String) AS none,
      toDate32('1965-03-04') AS day, toDateTime64('2026-01-31 10:00:00.123456', 6, 'UTC') AS micros, toDateTime64('1969-12-31 23:59:59.999999999', 9, 'UTC') AS nanos,
      [1, 2]::Array(Int64) AS list, [[1], [2, 3]]::Array(Array(Int64)) AS nested, ['a', NULL]::Array(Nullable(String)) AS texts,
      map('k', 7::Int64) AS m, tuple('x', 2::Int64)::Tuple(a String, b Int64) AS pair, [tuple(toDecimal64('1.10', 2))]::Array(Tuple(d Decimal64(2))) AS parts,
      toFixedString('ab', 2) AS fixed, unhex('ff00') AS raw`

  test('every type comes as it was written', async () => {
    const folder = tempFolder()
    writeFileSync(
      join(folder, 'a.parquet'),
      await exported(`${everything} FORMAT Parquet SETTINGS output_format_parquet_string_as_string = 1`),
    )
    const config = { location: folder, file_fields: false, streams: { s: { files: '*.parquet', format: 'parquet' } } }
    const { records, error } = await readSource(files, config)
    expect(error).toBeUndefined()
    expect(records).toEqual([
      {
        big: '9223372036854775807',
        small: -5,
        huge: '18446744073709551615',
        byte: 200,
        money: '-12.30',
        exact: '-12345678901234567890.0000000001',
        cents: 0.57,
        f: 1.25,
        g: 0.5,
        yes: true,
        t: 'text é',
        none: null,
        day: '1965-03-04',
        micros: '2026-01-31T10:00:00.123456Z',
        nanos: '1969-12-31T23:59:59.999999999Z',
        list: [1, 2],
        nested: [[1], [2, 3]],
        texts: ['a', null],
        m: { k: 7 },
        pair: { a: 'x', b: 2 },
        parts: [{ d: '1.10' }],
        fixed: 'YWI=',
        raw: '/wA=',
      },
    ])
  })

  test('declares its columns, and is loaded as them', async () => {
    const { database, write, run } = loaded({ s: { files: '*.parquet', format: 'parquet', primary_key: ['big'] } })
    write('a.parquet', await exported(`${everything} FORMAT Parquet SETTINGS output_format_parquet_string_as_string = 1`))
    expect(await run()).toMatchObject({ status: 'succeeded', counts: { rows_written: 1, row_errors: 0 } })
    const [row] = await rows(`SELECT * EXCEPT (huge), toString(huge) AS huge FROM ${database}.s`)
    expect(row).toMatchObject({
      big: '9223372036854775807',
      huge: '18446744073709551615',
      money: '-12.30',
      cents: 0.57,
      yes: true,
      day: '1965-03-04',
      list: ['1', '2'],
      texts: ['a', null],
      _file: 'a.parquet',
      _row: '1',
    })
  })

  test.each(['none', 'snappy', 'lz4', 'zstd', 'gzip', 'brotli'])('many row groups, packed by %s, are read whole', async (codec) => {
    const folder = tempFolder()
    const settings = `output_format_parquet_compression_method = '${codec}', output_format_parquet_row_group_size = 700`
    writeFileSync(
      join(folder, 'a.parquet'),
      await exported(`SELECT number AS n, toString(number % 7) AS t FROM numbers(3000) FORMAT Parquet SETTINGS ${settings}`),
    )
    const { records, error } = await readSource(files, { location: folder, streams: { s: { files: 'a.parquet', format: 'parquet' } } })
    expect(error).toBeUndefined()
    expect(records.map(({ n, t, _row }) => [n, t, _row])).toEqual(Array.from({ length: 3000 }, (_, n) => [n, String(n % 7), n + 1]))
  })

  test('over HTTP only ranges are asked for, and a column whose type differs between files is left to its values', async () => {
    const web = await startFileServer()
    const put = async (name: string, sql: string) =>
      void web.files.set(name, { body: await exported(`${sql} FORMAT Parquet`), modifiedAt: 0 })
    await put('a.parquet', 'SELECT 1::Int64 AS v')
    await put('b.parquet', "SELECT 'x' AS v")
    const config = { location: web.url, streams: { s: { files: ['a.parquet', 'b.parquet'], format: 'parquet' } } }
    const { database, run } = loaded({})
    expect(await run({ config })).toMatchObject({ status: 'succeeded', counts: { row_errors: 0 } })
    expect((await rows(`SELECT v FROM ${database}.s ORDER BY v`)).map(({ v }) => v)).toEqual(['1', 'x'])
    expect(web.requests.every(({ headers }) => headers.range !== undefined)).toBe(true)
    await web.close()
  })

  test('of a large file no more than a row group is asked for at once', async () => {
    const web = await startFileServer()
    const settings = "output_format_parquet_row_group_size = 20000, output_format_parquet_compression_method = 'none'"
    const body = await exported(`SELECT number, hex(sipHash128(number)) AS t FROM numbers(200000) FORMAT Parquet SETTINGS ${settings}`)
    web.files.set('a.parquet', { body, modifiedAt: 0 })
    const { records } = await readSource(files, { location: web.url, streams: { s: { files: 'a.parquet', format: 'parquet' } } })
    expect(records).toHaveLength(200_000)
    const sizes = web.requests
      .map(({ headers }) => /^bytes=(\d+)-(\d+)$/.exec(headers.range!)!)
      .map(([, from, to]) => Number(to) - Number(from))
    expect(Math.max(...sizes)).toBeLessThan(body.length / 8)
    await web.close()
  })

  test('a file that is none, or a part of one, says so', async () => {
    const folder = tempFolder()
    const whole = await exported('SELECT number FROM numbers(100000) FORMAT Parquet')
    writeFileSync(join(folder, 'none.parquet'), 'id\n1\n')
    writeFileSync(join(folder, 'part.parquet'), whole.subarray(0, -100))
    writeFileSync(
      join(folder, 'holed.parquet'),
      Uint8Array.from(whole, (byte, at) => (at > 1000 && at < 3000 ? 255 : byte)),
    )
    for (const name of ['none', 'part', 'holed']) {
      const { error } = await readSource(files, { location: folder, streams: { s: { files: `${name}.parquet`, format: 'parquet' } } })
      expect(error).toMatchObject({ code: 'file-damaged', message: expect.stringContaining(`${name}.parquet`) })
    }
  })
})
