import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({
    warehouse,
    sources: [
      'web',
      'pixel',
      'posthog',
      { kind: 'sdk', name: 'off', write_key: 'key-of-off', enabled: false },
      { kind: 'sdk', name: 'address', write_key: 'key-of-address' },
      { kind: 'sdk', name: 'colon', write_key: 'id-of-source:its-secret' },
    ],
  })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
})

const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` })
const track = { type: 'track', event: 'A', userId: 'u' }
const web = () => edge.writeKey('web')

async function post(path: string, body: unknown, headers: Record<string, string> = basic(web())) {
  const sent = body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await fetch(edge.url + path, { method: 'POST', body: sent as BodyInit, headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }
}
const eventsOf = async (source: string) => {
  await edge.flush()
  return select(
    warehouse,
    `SELECT type, event_text, user_id, anonymous_id, name, properties, traits, context FROM events.all FINAL
     WHERE source = '${source}' ORDER BY type, event_text, user_id`,
  )
}

const posthogBatch = (event: string, properties: object) => ({
  api_key: 'key-of-address',
  batch: [{ event, distinct_id: 'u', uuid: event, properties }],
})

describe('the paths of SDKs', () => {
  test.each(['t', 'i', 'p', 's', 'g', 'a', 'track'])('/v1/%s and /a/%s take one event', async (name) => {
    const fields = { event: 'A', userId: 'u', groupId: 'g', previousId: 'p' }
    expect((await post(`/v1/${name}`, fields)).body).toEqual({ success: true })
    expect((await post(`/a/${name}`, { ...fields, writeKey: web() }, {})).body).toEqual({ success: true })
  })

  test.each(['/v1/b', '/v1/import', '/beacon/v1/batch', '/a/b', '/a/batch'])('%s takes a batch', async (path) => {
    expect((await post(`${path}?writeKey=${web()}`, { batch: [track] }, {})).body).toEqual({ success: true })
  })

  test.each(['/api/s/track', '/api/s/s2s/track', '/api/s/page'])("%s takes Jitsu's", async (path) => {
    const body = { ...track, writeKey: 'id-of-source:***' }
    expect((await post(path, body, { 'x-write-key': 'id-of-source:its-secret' })).body).toEqual({ success: true })
    expect((await post(path, body, basic('id-of-source:its-secret'))).body).toEqual({ success: true })
    expect((await post(path, body, {})).status).toBe(401)
  })

  test("an address is the user's, unless a server sends for others and says so", async () => {
    const from = { 'x-forwarded-for': '203.0.113.7' }
    const key = { 'x-write-key': 'key-of-address' }
    await post('/api/s/track', { event: 'Browser', userId: 'u' }, { ...key, ...from, 'user-agent': 'Mozilla/5.0' })
    await post('/api/s/track', { event: 'Program', userId: 'u' }, { ...key, ...from })
    await post('/api/s/s2s/track', { event: 'Server', userId: 'u' }, { ...key, ...from })
    await post('/batch/', posthogBatch('Phone', { $lib: 'posthog-ios' }), from)
    await post('/batch/', posthogBatch('Relay', { $geoip_disable: true }), from)
    expect((await eventsOf('address')).map((row) => [row['event_text'], row['context'].ip])).toEqual([
      ['Browser', '203.0.113.7'],
      ['Phone', '203.0.113.7'],
      ['Program', undefined],
      ['Relay', undefined],
      ['Server', undefined],
    ])
  })

  test.each(['/v1/x', '/v1/', '/v1/t/', '/a', '/api/s/other', '/b/t', '/v1/constructor'])('%s is none', async (path) => {
    const { status, body, headers } = await post(path, track, { ...basic(web()), origin: 'https://x.example' })
    expect([status, body.error.code, headers.get('access-control-allow-origin')]).toEqual([404, 'not-found', 'https://x.example'])
  })
})

const api_key = () => edge.writeKey('posthog')

describe('PostHog', () => {
  test('one event, or many, with the key in the body, plain or gzipped', async () => {
    const event = { event: 'One', distinct_id: 'u', uuid: 'p1', properties: { a: 1 } }
    for (const path of ['/capture/', '/capture', '/e/', '/i/v0/e/'])
      expect((await post(path, { api_key: api_key(), ...event }, {})).status).toBe(200)
    expect((await post('/capture/', { event: 'Two', uuid: 'p2', properties: { token: api_key(), distinct_id: 'u' } }, {})).status).toBe(200)
    const batch = gzipSync(JSON.stringify({ api_key: api_key(), batch: [{ ...event, event: 'Three', uuid: 'p3' }, { uuid: 'p4' }, 7] }))
    const { status, body } = await post('/batch/', batch, { 'content-encoding': 'gzip' })
    expect([status, body.accepted, body.rejected.map(({ index, code }: any) => [index, code])]).toEqual([
      200,
      1,
      [
        [1, 'missing-field'],
        [2, 'not-an-object'],
      ],
    ])
    expect((await eventsOf('posthog')).map((row) => [row['event_text'], row['user_id']])).toEqual([
      ['One', 'u'],
      ['Three', 'u'],
      ['Two', 'u'],
    ])
  })

  test('what is rejected is kept as it was sent', async () => {
    await edge.flush()
    const rejected = await select(warehouse, `SELECT reason, payload FROM events.rejected WHERE source = 'posthog' ORDER BY reason`)
    expect(rejected).toEqual([
      { reason: 'missing-field', payload: '{"uuid":"p4"}' },
      { reason: 'not-an-object', payload: '7' },
    ])
  })

  test('the newer capture API: the key as Bearer, and an answer for each event', async () => {
    const batch = [
      { event: 'New', uuid: 'n1', distinct_id: 'u', timestamp: '2026-06-01T12:00:00Z', options: {}, properties: {} },
      { event: '', uuid: 'n2', distinct_id: 'u', options: {}, properties: {} },
    ]
    const { status, body } = await post('/i/v1/analytics/events', { batch, created_at: 'x' }, { authorization: `Bearer ${api_key()}` })
    expect([status, body]).toEqual([200, { results: { n1: { result: 'ok' }, n2: { result: 'drop', details: 'event is required.' } } }])
  })

  test('has no flags, and says so to who has the key', async () => {
    expect((await post('/flags/?v=2', { token: api_key(), distinct_id: 'u' }, {})).body).toEqual({
      flags: {},
      errorsWhileComputingFlags: false,
    })
    expect((await post('/flags/?v=2', { token: 'no-such-key' }, {})).status).toBe(401)
    const definitions = await fetch(`${edge.url}/flags/definitions?token=${api_key()}&send_cohorts`, {
      headers: { authorization: 'Bearer phx_1' },
    })
    expect(await definitions.json()).toEqual({ flags: [], group_type_mapping: {}, cohorts: {} })
  })
})

const get = (address: string) => fetch(edge.url + address)
const key = () => `writeKey=${edge.writeKey('pixel')}`
const encoded = (value: object) => encodeURIComponent(Buffer.from(JSON.stringify(value)).toString('base64'))

describe('a pixel', () => {
  test.each<[string, () => string]>([
    [
      'fields by their paths',
      () => `/pixel/v1/track?${key()}&event=Paths&anonymousId=a&properties.subject=Hällo&context.page.url=https://x`,
    ],
    ['a page', () => `/pixel/v1/page?${key()}&name=Paths&anonymousId=a`],
    [
      'JSON in base64, key included',
      () => `/v1/pixel/track?data=${encoded({ writeKey: edge.writeKey('pixel'), event: 'Data', userId: 'ü', properties: { n: 1 } })}`,
    ],
    ['JSON as it is', () => `/v1/pixel/identify?${key()}&data=${encodeURIComponent('{"userId":"u","traits":{"a":1}}')}`],
  ])('%s: an image that no cache keeps', async (_name, address) => {
    const response = await get(address())
    const image = Buffer.from(await response.arrayBuffer())
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'image/gif',
      'no-store',
    ])
    expect([image.subarray(0, 6).toString(), image.readUInt16LE(6), image.readUInt16LE(8)]).toEqual(['GIF89a', 1, 1])
  })

  test('loaded again is another event', async () => {
    const address = `/pixel/v1/track?${key()}&event=Opened&userId=u`
    await get(address)
    await get(address)
    const found = await eventsOf('pixel')
    expect(found.filter((row) => row['event_text'] === 'Opened')).toHaveLength(2)
    expect(found.filter((row) => row['event_text'] !== 'Opened')).toMatchObject([
      { type: 'identify', user_id: 'u', traits: { a: '1' } },
      { type: 'page', name: 'Paths', anonymous_id: 'a' },
      { type: 'track', event_text: 'Data', user_id: 'ü', properties: { n: '1' } },
      { type: 'track', event_text: 'Paths', anonymous_id: 'a', properties: { subject: 'Hällo' }, context: { page: { url: 'https://x' } } },
    ])
  })

  test.each<[string, string, number]>([
    ['no key', '/pixel/v1/track?event=A&userId=u', 401],
    ['a wrong key', '/pixel/v1/track?writeKey=no-such-key&event=A&userId=u', 401],
    ['no user', '/pixel/v1/track?writeKey=write-key-of-web&event=A', 400],
    ['data that is none', '/v1/pixel/track?writeKey=write-key-of-web&data=%25%25', 400],
    ['a disabled source', '/pixel/v1/track?writeKey=key-of-off&event=A&userId=u', 403],
  ])('%s is an image too, with its status', async (_name, address, status) => {
    const response = await get(address)
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'image/gif'])
  })
})
