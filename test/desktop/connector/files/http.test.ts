import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { files } from '#desktop/connector/files/index.ts'
import { type FileServer, startFileServer } from '#test/fixture/file-server.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { readSource } from '#test/fixture/source-messages.ts'

const noon = Date.UTC(2026, 0, 31, 12)
const csv = (rows: number) => Buffer.from(`id\n${Array.from({ length: rows }, (_, index) => `${index + 1}\n`).join('')}`)
const ids = ({ records }: { records: JsonObject[] }) => records.map(({ id }) => id)
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

let web: FileServer

beforeAll(async () => {
  web = await startFileServer()
})

beforeEach(() => {
  web.files.clear()
  web.requests.length = 0
  Object.assign(web, { ranges: true, versions: true, fault: () => undefined, before: () => false })
})

afterAll(() => web.close())

const incremental = (state: JsonObject | undefined) => readSource(files, settings(), { mode: 'incremental', state })
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
  expect(web.requests.every(({ headers }) => headers.authorization === 'Bearer x' && headers['accept-encoding'] === 'identity')).toBe(true)
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
    // The first request asks what there is, the second takes a sample.
    if (range !== undefined || number < 3) return undefined
    put('a.csv', csv(100_001))
    return { cutAfter: 50_000 }
  }
  expect((await readSource(files, settings())).error).toMatchObject({ code: 'file-changed', retryable: true })
})

test('without versions a broken connection ends it, since nothing says that the rest belongs to it', async () => {
  put('a.csv', csv(100_000))
  web.versions = false
  web.before = (_, response) => {
    // In chunks, so that no length tells one file from another.
    response.writeHead(200).write(csv(20_000), () => response.socket?.destroy())
    return true
  }
  const { error } = await readSource(files, settings())
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

test('incremental by what the server tells: time and tag, or size alone', async () => {
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
  // As Apache sends what is named .gz.
  web.files.set('data/a.csv.gz', { body: gzipSync(csv(3)), modifiedAt: noon, encoding: 'gzip' })
  expect(ids(await readSource(files, settings({ files: 'a.csv.gz' })))).toEqual([1, 2, 3])
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

test('a redirect is followed, and what is for the one server does not reach another', async () => {
  const other = await startFileServer()
  other.files.set('moved.csv', { body: csv(2), modifiedAt: noon })
  web.before = (request, response) => {
    const target = request.url === '/data/a.csv' ? '/data/b.csv' : request.url === '/data/b.csv' ? `${other.url}/moved.csv` : '/data/round'
    response.writeHead(302, { location: target }).end()
    return true
  }
  const config = { ...settings(), location: `${web.url.replace('//', '//user:p%40ss@')}/data`, http: { headers: { 'x-key': 'secret' } } }
  expect(ids(await readSource(files, config))).toEqual([1, 2])
  expect(web.requests.every(({ headers }) => headers.authorization === `Basic ${btoa('user:p@ss')}` && headers['x-key'] === 'secret')).toBe(
    true,
  )
  expect(other.requests.some(({ headers }) => 'authorization' in headers || 'x-key' in headers)).toBe(false)
  expect((await readSource(files, settings({ files: 'round' }))).error).toMatchObject({ code: 'store-refused' })
  await other.close()
})

test('addresses that differ in their query alone are files of their own', async () => {
  web.before = (request, response) => {
    response.end(`id\n${new URL(request.url!, web.url).searchParams.get('page')}\n`)
    return true
  }
  const { records, error } = await readSource(files, settings({ files: ['a.csv?page=1', 'a.csv?page=2'] }))
  expect(error).toBeUndefined()
  expect(records.map(({ id, _file }) => [id, _file])).toEqual([
    [1, 'a.csv'],
    [2, expect.stringMatching(/^a\.csv\?[0-9a-f]{8}$/)],
  ])
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
