import { Readable } from 'node:stream'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'

// The warehouse is away throughout: what the collector answers must not depend on it.
let edge: TestEdge
beforeAll(async () => {
  edge = await startTestEdge({
    warehouse: { url: 'http://127.0.0.1:1', user: 'u', password: 'p' },
    sources: [
      'web',
      { kind: 'sdk', name: 'off', write_key: 'key-of-disabled', enabled: false },
      {
        kind: 'webhook',
        name: 'mail',
        write_key: 'key-of-mail',
        connector: 'generic',
        config: { events: [{ event: 'Email {type}', user_id: '{to.id}', message_id: '{id}', timestamp: '{at}' }] },
      },
    ],
  })
})
afterAll(() => edge?.stop())

const basic = (key: string) => ({ authorization: `Basic ${btoa(`${key}:`)}` })
const track = { type: 'track', event: 'A', userId: 'u' }

async function post(path: string, body: BodyInit | object, headers: Record<string, string> = basic(edge.writeKey('web'))) {
  const text = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(edge.url + path, { method: 'POST', body: text ? (body as BodyInit) : JSON.stringify(body), headers })
  return { status: response.status, headers: response.headers, body: (await response.json()) as any }
}

describe('what is accepted', () => {
  test.each(['track', 'identify', 'page', 'screen', 'group', 'alias'])('/v1/%s', async (type) => {
    const { status, body } = await post(`/v1/${type}`, { event: 'A', userId: 'u', groupId: 'g', previousId: 'p' })
    expect([status, body]).toEqual([200, { success: true }])
  })

  test('JSON whatever the Content-Type, and a key in header, query or body', async () => {
    expect((await post('/v1/track', JSON.stringify(track), { ...basic(edge.writeKey('web')), 'content-type': 'text/plain' })).status).toBe(
      200,
    )
    expect((await post('/v1/batch', { batch: [track], writeKey: edge.writeKey('web') }, {})).status).toBe(200)
    expect((await post(`/v1/track?writeKey=${edge.writeKey('web')}`, track, {})).status).toBe(200)
    expect((await post('/v1/track', track, { 'x-write-key': edge.writeKey('web') })).status).toBe(200)
  })

  test.each(['/v1/track?key=write-key-of-web', '/v1/webhook/mail?key=key-of-mail'])(
    '%s: what ends before its length is a bad request, and no error of ours',
    async (path) => {
      const socket = connect(edge.port, '127.0.0.1')
      socket.end(`POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 99\r\n\r\n{"event":`)
      const answer = await readText(socket)
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(answer).toContain('"incomplete-body"')
    },
  )

  test('gzip', async () => {
    const body = gzipSync(JSON.stringify({ batch: [track] }))
    expect((await post('/v1/batch', body, { ...basic(edge.writeKey('web')), 'content-encoding': 'gzip' })).status).toBe(200)
  })

  test('from any page: preflight and answer allow it', async () => {
    const preflight = await fetch(`${edge.url}/v1/batch`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://shop.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(preflight.headers.get('access-control-allow-credentials')).toBe('true')
    expect(preflight.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization')
    expect((await post('/v1/track', track)).headers.get('access-control-allow-origin')).toBe('*')
    expect((await post('/v1/track', track, basic('no-such-key'))).headers.get('access-control-allow-origin')).toBe('*')
  })

  test('the good events of a batch with bad ones, which are named', async () => {
    const { status, body } = await post('/v1/batch', {
      batch: [track, { userId: 'u' }, 7, { ...track, properties: { big: 'x'.repeat(40_000) } }],
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, code: 'missing-type', field: 'type' },
        { index: 2, code: 'not-an-object' },
        { index: 3, code: 'too-large' },
      ],
    })
  })

  test('as many events as a request may have, each refused by itself', async () => {
    const { status, body } = await post('/v1/batch', { batch: Array.from({ length: 10_000 }, (_, index) => index) })
    expect([status, body.accepted, body.rejected.length]).toEqual([200, 0, 10_000])
  })

  test('a webhook, one item or many', async () => {
    const item = { type: 'opened', to: { id: 'u' }, id: 'x1', at: 1_795_000_000 }
    expect((await post('/v1/webhook/mail?key=key-of-mail', item, {})).status).toBe(200)
    const many = await post('/v1/webhook/mail', [item, { to: {} }], { 'x-write-key': 'key-of-mail' })
    expect([many.status, many.body.accepted, many.body.rejected[0].code]).toEqual([200, 1, 'missing-field'])
    expect((await post('/v1/webhook/other?key=key-of-mail', item, {})).status).toBe(403)
    expect((await post(`/v1/webhook/web?key=${edge.writeKey('web')}`, item, {})).status).toBe(403)
  })
})

async function* sixMegabytes() {
  for (let index = 0; index < 6; index++) yield new Uint8Array(1024 * 1024).fill(32)
}

describe('what is refused, and how', () => {
  test.each<[string, string, () => BodyInit | object, Record<string, string> | undefined, number, string]>([
    ['malformed JSON', '/v1/batch', () => '{"batch":[', undefined, 400, 'malformed-json'],
    ['an empty body', '/v1/track', () => '', undefined, 400, 'malformed-json'],
    ['no batch', '/v1/batch', () => ({ batch: 7 }), undefined, 400, 'not-a-batch'],
    [
      'more events than memory has room to refuse',
      '/v1/batch',
      () => `{"batch":[1${',1'.repeat(1_900_000)}]}`,
      undefined,
      400,
      'too-many-events',
    ],
    ["more of a webhook's", '/v1/webhook/mail?key=key-of-mail', () => `[1${',1'.repeat(1_900_000)}]`, {}, 400, 'too-many-events'],
    ["more of PostHog's", '/batch/', () => ({ batch: Array.from({ length: 10_001 }, () => ({})) }), undefined, 400, 'too-many-events'],
    ['no key', '/v1/track', () => track, {}, 401, 'missing-key'],
    ['a wrong key', '/v1/track', () => track, basic('wrong-key-000'), 401, 'unknown-key'],
    ['a wrong key in the body', '/v1/track', () => ({ ...track, writeKey: 'wrong-key-000' }), {}, 401, 'unknown-key'],
    ['a broken Basic', '/v1/track', () => track, { authorization: 'Basic %%%' }, 401, 'missing-key'],
    ['a disabled source', '/v1/track', () => track, basic('key-of-disabled'), 403, 'source-disabled'],
    ['5 MB', '/v1/batch', () => 'x'.repeat(5 * 1024 * 1024), undefined, 413, 'too-large'],
    ['a gzip bomb', '/v1/batch', () => gzipSync(Buffer.alloc(200 * 1024 * 1024)), { 'content-encoding': 'gzip' }, 413, 'too-large'],
    ['broken gzip', '/v1/batch', () => new Uint8Array([31, 139, 8, 0, 1, 2, 3]), { 'content-encoding': 'gzip' }, 400, 'malformed-gzip'],
    ['another encoding', '/v1/batch', () => 'x', { 'content-encoding': 'br' }, 415, 'unknown-encoding'],
    ['an event without a name', '/v1/track', () => ({ userId: 'u' }), undefined, 400, 'missing-field'],
    ['wrong types', '/v1/track', () => ({ ...track, properties: 'x' }), undefined, 400, 'wrong-type'],
    ['an event that is none', '/v1/track', () => '[1]', undefined, 400, 'not-an-object'],
    [
      'deep nesting',
      '/v1/track',
      () => `{"event":"A","userId":"u","properties":${'{"a":'.repeat(500)}1${'}'.repeat(501)}`,
      undefined,
      400,
      'too-deep',
    ],
    ['nesting without end', '/v1/track', () => '['.repeat(1_000_000) + ']'.repeat(1_000_000), undefined, 400, 'not-an-object'],
    ['a context for all that is a list', '/v1/batch', () => ({ batch: [track], context: [1] }), undefined, 400, 'wrong-type'],
    ['another route', '/v2/track', () => track, undefined, 404, 'not-found'],
  ])('%s', async (_name, path, body, headers, status, code) => {
    const key = headers === undefined || 'content-encoding' in headers ? basic(edge.writeKey('web')) : {}
    const answer = await post(path, body(), { ...key, ...headers })
    expect([answer.status, answer.body.error?.code]).toEqual([status, code])
  })

  test('a body in chunks is counted, not trusted', async () => {
    const response = await fetch(`${edge.url}/v1/batch`, {
      method: 'POST',
      body: Readable.toWeb(Readable.from(sixMegabytes())) as ReadableStream,
      duplex: 'half',
      headers: basic(edge.writeKey('web')),
    } as RequestInit)
    expect(response.status).toBe(413)
  })

  test('prototype keys and other hostile events leave the collector well', async () => {
    const hostile = [
      '{"batch":[{"type":"track","event":"A","userId":"u","__proto__":{"type":"page"},"constructor":{"prototype":1}}]}',
      '{"batch":[{"type":"__proto__","userId":"u"},{"type":"constructor","userId":"u"}]}',
      '{"batch":[{"type":"track","event":"toString","userId":"u","context":{"library":{"__proto__":null}}}]}',
      `{"batch":[${'{'.repeat(0)}null,true,"x",1e999,[[]]]}`,
      '{"batch":[{"type":"track","event":"A","userId":"u","messageId":"\\ud800","properties":{"\\ud800":"\\udfff","":1,"a.b":1,"a":{"b":2}}}]}',
    ]
    for (const body of hostile) expect((await post('/v1/batch', body)).status).toBe(200)
    expect((await post('/v1/track', track)).status).toBe(200)
  })
})

const admin = (path: string, headers: Record<string, string> = { authorization: `Bearer ${edge.adminToken}` }, init: RequestInit = {}) =>
  fetch(edge.url + path, { ...init, headers })
const put = (body: string) => admin('/admin/config', undefined, { method: 'PUT', body })

describe('the admin routes', () => {
  test('want the token', async () => {
    expect((await admin('/admin/metrics.json', {})).status).toBe(401)
    expect((await admin('/admin/metrics.json', { authorization: 'Bearer wrong' })).status).toBe(401)
    expect((await admin('/admin/metrics.json', basic(edge.writeKey('web')))).status).toBe(401)
    expect((await admin('/admin/metrics.json')).status).toBe(200)
  })

  test('mask the keys', async () => {
    const text = await (await admin('/admin/config')).text()
    expect(text).toContain('"name":"mail"')
    expect(text).not.toContain('key-of-mail')
  })

  test('refuse a configuration that is wrong, and keep the one before', async () => {
    expect((await put('{"sources":[{"kind":"sdk"}]}')).status).toBe(400)
    const twice = { kind: 'sdk', name: 'a', write_key: 'same-key-1' }
    expect((await put(JSON.stringify({ sources: [twice, { ...twice, name: 'b' }] }))).status).toBe(400)
    expect((await post('/v1/track', track)).status).toBe(200)
  })

  test('say what keeps the warehouse from having everything', async () => {
    const flush = await admin('/admin/flush', undefined, { method: 'POST' })
    expect([flush.status, ((await flush.json()) as any).error.code]).toEqual([502, 'warehouse-unreachable'])
    const metrics = await edge.metrics()
    expect(metrics.spool.events).toBeGreaterThan(0)
    expect(
      metrics.sources['web']!.accepted +
        metrics.sources['web']!.rejected +
        metrics.sources['mail']!.accepted +
        metrics.sources['mail']!.rejected,
    ).toBe(metrics.spool.events)
    expect(metrics.flush.lastError?.code).toBe('warehouse-unreachable')
  })
})
