import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'

// What a source lets in. The warehouse is away throughout: what the collector answers must not depend on it.
let edge: TestEdge
beforeAll(async () => {
  edge = await startTestEdge({
    warehouse: { url: 'http://127.0.0.1:1', user: 'u', password: 'p' },
    sources: [
      'web',
      { kind: 'sdk', name: 'shop', write_key: 'key-of-shop', origins: ['https://www.shop.example', '*.shop.example', 'localhost:3000'] },
      { kind: 'sdk', name: 'slow', write_key: 'key-of-slow', rate_limit: 2 },
      { kind: 'sdk', name: 'large', write_key: 'key-of-large', max_event_bytes: 100_000 },
    ],
  })
})
afterAll(() => edge?.stop())

const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` })
const track = { type: 'track', event: 'A', userId: 'u' }
const sized = (size: number) => ({ ...track, properties: { text: 'x'.repeat(size) } })
const web = () => edge.writeKey('web')

async function post(path: string, body: unknown, headers: Record<string, string> = basic(web())) {
  const response = await fetch(edge.url + path, { method: 'POST', body: JSON.stringify(body), headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }
}

const from = async (origin: string | undefined, key = 'key-of-shop') => {
  const { status, headers, body } = await post('/v1/t', { ...track, writeKey: key }, origin === undefined ? {} : { origin })
  return [status, body.error?.code, headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]
}

const preflight = (path: string) =>
  fetch(edge.url + path, {
    method: 'OPTIONS',
    headers: {
      origin: 'https://shop.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,anonymousid',
    },
  })

describe('pages that may send', () => {
  test.each(['https://www.shop.example', 'https://a.b.shop.example', 'http://m.shop.example', 'http://localhost:3000'])(
    '%s',
    async (origin) => expect(await from(origin)).toEqual([200, undefined, origin, 'true']),
  )

  test.each([
    'https://shop.example',
    'https://www.shop.example.evil',
    'https://evilshop.example',
    'https://www.shop.example:8443',
    'http://localhost',
    'null',
  ])('not %s', async (origin) => expect(await from(origin)).toEqual([403, 'wrong-origin', origin, 'true']))

  test('servers, which have no origin, and any page where none is named', async () => {
    expect(await from(undefined)).toEqual([200, undefined, '*', null])
    expect(await from('https://anything.example', web())).toEqual([200, undefined, 'https://anything.example', 'true'])
  })

  test('preflight of every path of an SDK, but not of the admin', async () => {
    for (const path of ['/v1/t', '/a/t', '/api/s/track', '/batch/', '/beacon/v1/batch', '/sourceConfig/']) {
      const { status, headers } = await preflight(path)
      expect([status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([
        204,
        'https://shop.example',
        'true',
      ])
      expect(headers.get('access-control-allow-headers')?.toLowerCase()).toBe('authorization,anonymousid')
    }
    expect((await preflight('/admin/config')).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('limits of a source', () => {
  test('a rate: a burst passes, then 429 says when to come again, and another source is not held up', async () => {
    const burst = await post('/v1/b', { batch: Array.from({ length: 50 }, () => track) }, basic('key-of-slow'))
    expect(burst.status).toBe(200)
    const next = await post('/v1/t', track, { ...basic('key-of-slow'), origin: 'https://x.example' })
    expect([next.status, next.body.error.code]).toEqual([429, 'rate-limited'])
    expect(Number(next.headers.get('retry-after'))).toBeGreaterThan(10)
    expect(next.headers.get('access-control-expose-headers')).toContain('retry-after')
    expect((await post('/v1/t', track)).status).toBe(200)
  })

  test('the size of an event', async () => {
    const batch = { batch: [sized(10), sized(50_000), sized(150_000)] }
    const { status, body } = await post('/v1/b', batch, basic('key-of-large'))
    expect([status, body.accepted, body.rejected]).toEqual([200, 1 + 1, [expect.objectContaining({ index: 2, code: 'too-large' })]])
    expect((await post('/v1/b', batch)).body).toMatchObject({ accepted: 1, rejected: [{ index: 1 }, { index: 2 }] })
    expect((await edge.metrics()).sources['large']).toMatchObject({ accepted: 2, rejected: 1 })
  })
})

describe('whatever is sent', () => {
  const paths = [
    '/v1/t',
    '/v1/b',
    '/v1/i',
    '/a/g',
    '/api/s/track',
    '/batch/',
    '/capture/',
    '/i/v1/analytics/events',
    '/flags/',
    '/beacon/v1/batch',
  ]
  const names = [
    'batch',
    'event',
    'type',
    'properties',
    '$set',
    'distinct_id',
    'uuid',
    'options',
    'timestamp',
    'context',
    'traits',
    'userId',
    '__proto__',
    'data',
  ]
  const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.jsonValue(),
      fc.constantFrom('$identify', '$set', '$pageview', '$groupidentify', '$create_alias', 'track', null),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 6 }),
    ),
  })).any

  test('the answer is no 5xx, and an error has its reason', async () => {
    const body = fc.oneof(
      value.map((each) => JSON.stringify(each)),
      fc.string(),
      fc.json().map((json) => json.slice(1)),
    )
    const call = fc.record({
      path: fc.constantFrom(...paths),
      body,
      query: fc.constantFrom('', '?writeKey=write-key-of-web', '?key=%'),
      keyed: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(call, async ({ path, query, keyed, ...call }) => {
        const headers = keyed ? basic(web()) : {}
        const response = await fetch(edge.url + path + query, { method: 'POST', body: call.body, headers })
        const answer = (await response.json()) as any
        expect(response.status).toBeLessThan(500)
        if (response.status >= 400) expect(answer.error.code).toMatch(/^[a-z-]+$/)
      }),
      { numRuns: 400 },
    )
  })

  test('in the query of a pixel too', async () => {
    const parameters = fc.array(
      fc.tuple(fc.oneof(fc.constantFrom('data', 'event', 'a.b', '__proto__.x', 'properties', 'properties.a.b'), fc.string()), fc.string()),
    )
    await fc.assert(
      fc.asyncProperty(parameters, async (pairs) => {
        const query = new URLSearchParams([
          ['writeKey', web()],
          ...pairs.map(([name, text]): [string, string] => [name.toWellFormed(), text.toWellFormed()]),
        ])
        const response = await fetch(`${edge.url}/pixel/v1/track?${query}`)
        expect([response.status < 500, response.headers.get('content-type')]).toEqual([true, 'image/gif'])
        await response.arrayBuffer()
      }),
      { numRuns: 200 },
    )
  })
})
