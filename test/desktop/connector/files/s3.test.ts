import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { files } from '#desktop/connector/files/index.ts'
import type { FileServer } from '#test/fixture/file-server.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startS3Server } from '#test/fixture/s3-server.ts'
import { readSource } from '#test/fixture/source-messages.ts'

const noon = Date.UTC(2026, 0, 31, 12)
const key = { id: 'AKID', secret: 'se/cr+et', region: 'eu-central-1' }
const csv = (rows: number) => Buffer.from(`id\n${Array.from({ length: rows }, (_, index) => `${index + 1}\n`).join('')}`)
const ids = ({ records }: { records: JsonObject[] }) => records.map(({ id }) => id)
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

let s3: FileServer

beforeAll(async () => {
  s3 = await startS3Server(key)
})

beforeEach(() => {
  s3.files.clear()
  s3.requests.length = 0
  Object.assign(s3, { ranges: true, versions: true, fault: () => undefined })
})

afterAll(() => s3.close())

const check = (access: JsonObject) => files.check(files.config.parse(settings({}, access)), testRuntime())
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

test('wrong credentials are said to be', async () => {
  put('in/a.csv')
  expect(await check({})).toMatchObject({ ok: true })
  expect(await check({ secret_access_key: 'other' })).toMatchObject({ error: { code: 'no-access' } })
  expect(await check({ region: 'us-east-1' })).toMatchObject({ error: { code: 'no-access' } })
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
    // A list, two samples, and a.csv come before.
    if (path !== 'bucket/in/b.csv' || range !== undefined || number < 5) return undefined
    put('in/b.csv', 3, noon + 1000)
    return { cutAfter: 10_000 }
  }
  const broken = await readSource(files, settings(), { mode: 'incremental' })
  expect(broken.error).toMatchObject({ code: 'file-changed', retryable: true })
  s3.fault = () => undefined
  expect(ids(await readSource(files, settings(), { mode: 'incremental', state: broken.states.at(-1) }))).toEqual([1, 1, 2, 3])
})

test('a bucket of another region says which', async () => {
  const headers = { 'x-amz-bucket-region': 'eu-west-3' }
  const runtime = testRuntime({ fetch: async () => new Response('', { status: 301, headers }) })
  expect((await readSource(files, settings(), { runtime })).error).toMatchObject({
    code: 'wrong-region',
    mend: expect.stringContaining('eu-west-3'),
  })
})
