import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { files } from '#desktop/connector/files/index.ts'
import { type FileServer, startFileServer } from '#test/fixture/file-server.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startS3Server } from '#test/fixture/s3-server.ts'
import { readSource } from '#test/fixture/source-messages.ts'

const noon = Date.UTC(2026, 0, 31, 12)
const key = { id: 'AKID', secret: 'se/cr+et', region: 'eu-central-1' }

let web: FileServer
let s3: FileServer

beforeAll(async () => {
  web = await startFileServer()
  s3 = await startS3Server(key)
})

beforeEach(() => {
  for (const server of [web, s3]) {
    server.files.clear()
    server.requests.length = 0
    Object.assign(server, { ranges: true, versions: true, fault: () => undefined })
  }
})

afterAll(async () => {
  await web.close()
  await s3.close()
})

const csv = (rows: number) => Buffer.from(`id\n${Array.from({ length: rows }, (_, index) => `${index + 1}\n`).join('')}`)
const ids = ({ records }: { records: JsonObject[] }) => records.map(({ id }) => id)
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('over HTTP', () => {
  const settings = (stream: JsonObject = {}) => ({
    location: `${web.url}/data`,
    streams: { s: { files: 'a.csv', format: 'csv', ...stream } },
  })
  const put = (name: string, body: Uint8Array, modifiedAt = noon) => void web.files.set(`data/${name}`, { body, modifiedAt })

  test('files are read by name, by address and with headers; what an address hides is in no row', async () => {
    put('a.csv', csv(2))
    put('b c.csv.gz', gzipSync(csv(1)))
    const address = `${web.url}/data/a.csv?token=secret`
    const config = { ...settings({ files: ['b c.csv.gz', address] }), http: { headers: { authorization: 'Bearer x' } } }
    expect((await readSource(files, config)).records).toEqual([
      { id: 1, _file: 'b c.csv.gz', _row: 1, _modified_at: '2026-01-31T12:00:00.000Z' },
      { id: 1, _file: `${web.url}/data/a.csv`, _row: 1, _modified_at: '2026-01-31T12:00:00.000Z' },
      { id: 2, _file: `${web.url}/data/a.csv`, _row: 2, _modified_at: '2026-01-31T12:00:00.000Z' },
    ])
    expect(web.requests.every(({ headers }) => headers.authorization === 'Bearer x' && headers['accept-encoding'] === 'identity')).toBe(
      true,
    )
  })

  test('a connection that breaks again and again is taken up where it broke', async () => {
    put('a.csv', csv(100_000))
    web.fault = ({ number, range }) => (number % 3 === 0 ? { status: 503 } : range?.endsWith('-0') ? undefined : { cutAfter: 40_000 })
    const read = await readSource(files, settings())
    expect(read.error).toBeUndefined()
    expect(ids(read)).toEqual(numbers(100_000))
    expect(web.requests.some(({ headers }) => /^bytes=[1-9]\d+-$/.test(headers.range ?? ''))).toBe(true)
  })

  test('also at a server that sends files whole only', async () => {
    put('a.csv', csv(50_000))
    web.ranges = false
    web.fault = ({ number }) => (number < 6 ? { cutAfter: number * 30_000 } : undefined)
    const read = await readSource(files, settings())
    expect(read.error).toBeUndefined()
    expect(ids(read)).toEqual(numbers(50_000))
  })

  test('a file that is another when the connection is taken up is not mixed with the first', async () => {
    put('a.csv', csv(100_000))
    web.fault = ({ range, number }) => {
      if (range?.endsWith('-0') || number < 5) return undefined
      put('a.csv', csv(100_001))
      return { cutAfter: 50_000 }
    }
    web.requests.length = 10
    expect((await readSource(files, settings())).error).toMatchObject({ code: 'file-changed', retryable: true })
  })

  test('without versions a broken connection ends it, since nothing says that the rest belongs to it', async () => {
    put('a.csv', csv(100_000))
    web.versions = false
    web.ranges = false
    const size = csv(100_000).length
    web.fault = () => ({ cutAfter: size - 100_000 })
    web.before = (_, response) => {
      response.writeHead(200).write(csv(20_000), () => response.socket?.destroy())
      return true
    }
    const { error } = await readSource(files, settings())
    web.before = () => false
    expect(error).toMatchObject({ code: 'store-unreachable', retryable: true })
  })

  test('what is gone, refused or away says so; a server that is away for good is not asked for ever', async () => {
    const failure = async () => (await readSource(files, settings())).error
    expect(await failure()).toMatchObject({ code: 'file-gone', message: expect.stringContaining('a.csv') })
    web.fault = () => ({ status: 403 })
    expect(await failure()).toMatchObject({ code: 'no-access' })
    web.fault = () => ({ status: 503, retryAfter: 7 })
    web.requests.length = 0
    const slept: number[] = []
    const runtime = testRuntime({ clock: { now: Date.now, sleep: async (ms) => void slept.push(ms) }, random: () => 0 })
    expect((await readSource(files, settings(), { runtime })).error).toMatchObject({ code: 'store-unavailable', retryable: true })
    expect(slept).toEqual([7000, 7000, 7000, 7000, 7000])
    expect(web.requests).toHaveLength(6)
  })

  test('incremental by what the server tells: time and tag, or size alone, or nothing', async () => {
    const incremental = (state: JsonObject | undefined) => readSource(files, settings(), { mode: 'incremental', state })
    put('a.csv', csv(1))
    const first = await incremental(undefined)
    const state = first.states.at(-1) as JsonObject
    expect(ids(await incremental(state))).toEqual([])
    put('a.csv', csv(2))
    expect(ids(await incremental(state))).toEqual([1, 2])
    web.versions = false
    const sized = (await incremental(undefined)).states.at(-1) as JsonObject
    expect(ids(await incremental(sized))).toEqual([])
    put('a.csv', csv(3))
    expect(ids(await incremental(sized))).toEqual([1, 2, 3])
  })

  test('what the server packs on the way is unpacked', async () => {
    web.files.set('data/a.csv', { body: gzipSync(csv(3)), modifiedAt: noon, encoding: 'gzip' })
    web.ranges = false
    expect(ids(await readSource(files, settings()))).toEqual([1, 2, 3])
  })

  test('globs, and Parquet from a server without ranges, are refused with a mend', async () => {
    expect((await readSource(files, settings({ files: '*.csv' }))).error).toMatchObject({ code: 'no-listing' })
    put('a.csv', csv(200_000))
    web.ranges = false
    expect((await readSource(files, settings({ format: 'parquet' }))).error).toMatchObject({
      code: 'wrong-format',
      message: expect.stringContaining('Range'),
    })
  })

  test('an abort ends it at once', async () => {
    put('a.csv', csv(100_000))
    const abort = new AbortController()
    const reading = (async () => {
      const request = { streams: [{ name: 's', mode: 'full-refresh' as const }] }
      for await (const message of files.read(files.config.parse(settings()), request, testRuntime({ signal: abort.signal }))) {
        if (message.type === 'records') abort.abort()
      }
    })()
    await expect(reading).rejects.toThrow('abort')
  })
})

describe('from an S3 store', () => {
  const settings = (stream: JsonObject = {}, access: JsonObject = {}) => ({
    location: 's3://bucket/in',
    s3: { endpoint: s3.url, region: key.region, access_key_id: key.id, secret_access_key: key.secret, ...access },
    streams: { s: { files: '**/*.csv', format: 'csv', ...stream } },
  })
  const put = (name: string, rows = 1, modifiedAt = noon) => void s3.files.set(`bucket/${name}`, { body: csv(rows), modifiedAt })

  test('signed requests list the keys page by page and read those that match, whatever their names', async () => {
    const names = ['a.csv', 'deep/er/b.csv', "odd (1)+ä & 'x'=~!*.csv", 'sp ace/c.csv', 'x%41.csv', 'd.csv', 'e.csv']
    for (const name of [...names, 'f.txt', 'folder/']) put(`in/${name}`)
    put('elsewhere/g.csv')
    const { records, error } = await readSource(files, settings())
    expect(error).toBeUndefined()
    expect(records.map(({ _file }) => _file)).toEqual(names.toSorted())
    expect((await readSource(files, settings({ files: 'sp ace/*' }))).records).toHaveLength(1)
    expect((await readSource(files, settings({ files: 'd.csv' }))).records).toHaveLength(1)
  })

  test('wrong credentials are said to be, and no request is made without a signature then', async () => {
    put('in/a.csv')
    const check = (access: JsonObject) => files.check(files.config.parse(settings({}, access)), testRuntime())
    expect(await check({})).toMatchObject({ ok: true })
    expect(await check({ secret_access_key: 'other' })).toMatchObject({ error: { code: 'no-access' } })
    expect(await check({ region: 'us-east-1' })).toMatchObject({ error: { code: 'no-access' } })
    expect(await check({ endpoint: web.url })).toMatchObject({ error: { code: 'file-gone' } })
  })

  test('a bucket that is public is read without a key', async () => {
    const open = await startS3Server(undefined)
    open.files.set('bucket/in/a.csv', { body: csv(2), modifiedAt: noon })
    const location = { location: 's3://bucket/in/', s3: { endpoint: open.url }, streams: settings().streams }
    expect(ids(await readSource(files, location))).toEqual([1, 2])
    expect(open.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(false)
    await open.close()
  })

  test('Amazon is asked at the host of the bucket, and in its path where the bucket has dots', async () => {
    const hosts: string[] = []
    const runtime = testRuntime({
      fetch: async (input) => {
        const { hostname, pathname } = new URL((input as Request).url)
        hosts.push(hostname + pathname)
        return new Response('<ListBucketResult></ListBucketResult>')
      },
    })
    for (const bucket of ['shop', 'shop.example']) {
      const config = { location: `s3://${bucket}`, s3: { region: 'eu-west-1' }, streams: settings().streams }
      await readSource(files, config, { runtime })
    }
    expect(hosts).toEqual(['shop.s3.eu-west-1.amazonaws.com/', 's3.eu-west-1.amazonaws.com/shop.example/'])
  })

  test('connections that break and a store that is busy lose and double nothing', async () => {
    for (const name of ['a', 'b', 'c', 'd']) put(`in/${name}.csv`, 20_000)
    s3.fault = ({ number }) => (number % 4 === 0 ? { status: 503 } : number % 2 === 0 ? { cutAfter: 30_000 } : undefined)
    const read = await readSource(files, settings())
    expect(read.error).toBeUndefined()
    expect(ids(read)).toEqual(Array.from({ length: 4 }, () => numbers(20_000)).flat())
  })

  test('an object that is replaced while it is read ends it, and the next run reads it anew', async () => {
    put('in/a.csv', 1)
    put('in/b.csv', 100_000)
    s3.fault = ({ path, number, range }) => {
      if (path !== 'bucket/in/b.csv' || range !== undefined || number < 5) return undefined
      put('in/b.csv', 3, noon + 1000)
      return { cutAfter: 10_000 }
    }
    s3.requests.length = 2
    const broken = await readSource(files, settings(), { mode: 'incremental' })
    expect(broken.error).toMatchObject({ code: 'file-changed', retryable: true })
    s3.fault = () => undefined
    expect(ids(await readSource(files, settings(), { mode: 'incremental', state: broken.states.at(-1) }))).toEqual([1, 1, 2, 3])
  })
})
