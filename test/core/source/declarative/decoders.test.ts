import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '#core/lib/json.ts'
import { serveFormats } from '#test/fixture/api-formats.ts'
import { type ApiServer, type Fault, startApiServer } from '#test/fixture/api-server.ts'
import { readStreamOf, streamManifest } from './read-manifest.ts'

let api: ApiServer

beforeAll(async () => {
  api = await startApiServer()
  api.serve = serveFormats(api)
})

afterAll(() => api.close())

/** A text that XML and CSV may both hold; spaces at its ends are not for a format to keep. */
const text = fc.string({ unit: fc.constantFrom(...'abcÄ€ ;,"\'<>&|\n#'), minLength: 1, maxLength: 12 }).map((value) => `x${value.trim()}x`)

const record = fc.record({ id: fc.nat(1000), name: text, note: fc.option(text, { nil: undefined }) }, { requiredKeys: ['id', 'name'] })

const texts = (records: readonly JsonObject[]) =>
  records.map(({ id, name, note }) => ({ id: String(id), name, ...(records.some((other) => other.note) ? { note: note ?? null } : {}) }))

const cases: [manifest: string, stream: string, wanted: (records: JsonObject[]) => unknown][] = [
  ['csv', 'orders', texts],
  ['gzip-csv', 'orders', (records) => texts(records).map((row) => ('note' in row ? { ...row, note: row.note ?? 'n/a' } : row))],
  ['jsonl', 'orders', (records) => records],
  ['iterable', 'names', (records) => records.map(({ id }) => ({ id }))],
  [
    'xml',
    'orders',
    (records) => records.map(({ id, name, note }) => ({ '@id': String(id), name, ...(note === undefined ? {} : { note }), none: null })),
  ],
  ['zip', 'orders', (records) => records],
  ['composite-raw', 'orders', (records) => records],
  ['composite-raw', 'older', (records) => records],
]

describe('what an answer holds is what is read', () => {
  test.each(cases)(
    '%s (%s), whatever it holds and whatever fails on the way',
    async (manifest, stream, wanted) => {
      const faults = fc.infiniteStream(
        fc.constantFrom<Fault | undefined>(undefined, undefined, 'reset', 'not-json', 'truncated', 'server-error'),
      )
      await fc.assert(
        fc.asyncProperty(fc.array(record, { maxLength: 40 }), faults, async (drawn, failures) => {
          const records = drawn.map((each) => JSON.parse(JSON.stringify(each)) as JsonObject)
          api.collections.set('orders', records)
          let row = 0
          api.fault = () => {
            const next = failures.next().value as Fault | undefined
            row = next === undefined ? 0 : row + 1
            return row > 4 ? undefined : next
          }
          const read = await readStreamOf(streamManifest(manifest), { config: { url: api.url }, stream })
          expect(read.error).toBeUndefined()
          expect(read.records).toEqual(wanted(records))
        }),
        { numRuns: 25 },
      )
      api.fault = () => undefined
    },
    120_000,
  )
})

describe('a body that is large', () => {
  const count = 60_000
  const records = () => Array.from({ length: count }, (_, id) => ({ id, name: `name ${id} ${'x'.repeat(150)}` }))

  test.each(['csv', 'gzip-csv', 'zip'])('is read as it comes: %s', async (manifest) => {
    api.collections.set('orders', records())
    const read = await readStreamOf(streamManifest(manifest), { config: { url: api.url } })
    expect(read.error).toBeUndefined()
    expect(read.records).toHaveLength(count)
    expect(String(read.records.at(-1)!.id)).toBe(String(count - 1))
  })

  test('that breaks off fails, and what came before it is no state', async () => {
    const whole = records()
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('')
    api.serve = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': Buffer.byteLength(whole) })
      response.write(whole.slice(0, -1000), () => response.destroy())
      return true
    }
    const read = await readStreamOf(streamManifest('jsonl'), { config: { url: api.url } })
    api.serve = serveFormats(api)
    expect(read.error).toMatchObject({ code: 'source-unavailable', fault: 'transient' })
  })
})

describe('a body that is not of its format', () => {
  test.each([
    ['composite-raw', 'orders', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8])],
    ['zip', 'orders', Buffer.from('PK but no zip')],
    ['jsonl', 'orders', Buffer.from('{"a": 1}\n{"a": ')],
    ['xml', 'orders', Buffer.from('<orders><order></orders>')],
  ])('is said to be so: %s', async (manifest, stream, body) => {
    api.serve = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' })
      response.end(body)
      return true
    }
    const read = await readStreamOf(streamManifest(manifest), { config: { url: api.url }, stream })
    api.serve = serveFormats(api)
    expect(read.error).toMatchObject({ code: 'source-answer', fault: 'transient' })
  })
})
