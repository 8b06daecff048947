import { createHmac } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RawEvent } from '#core/connector/webhook-source.ts'
import { webhookSources } from '#core/connector/webhook-registry.ts'
import { parseTime } from '#core/event/schema.ts'
import { eventsOf } from '#test/conformance/webhook-source.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { webhookExamples } from '#test/fixture/webhook-examples.ts'
import { startFakeClickHouse } from './fake-clickhouse.ts'

type Row = Record<string, any>
const rows: Record<'all' | 'rejected', Row[]> = { all: [], rejected: [] }

/** Every example of every webhook source has a source of its own, since each has its own settings. */
const cases = (
  await Promise.all(
    webhookSources.map(async (connector) =>
      (await webhookExamples(connector.name)).map((example, index) => ({ connector, example, source: `${connector.name}_${index}` })),
    ),
  )
).flat()

const log: string[] = []
let edge: TestEdge
let warehouse: Awaited<ReturnType<typeof startFakeClickHouse>>
beforeAll(async () => {
  warehouse = await startFakeClickHouse(({ table, lines, response }) => {
    rows[table as 'all' | 'rejected'].push(...lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row))
    response.end('')
  })
  edge = await startTestEdge({
    warehouse: warehouse.address,
    onLog: (line) => void log.push(line),
    sources: [
      'web',
      ...cases.map(({ connector, example, source }) => ({
        kind: 'webhook' as const,
        name: source,
        write_key: keyOf(source),
        connector: connector.name,
        // The collector's clock is the real one, and the examples are old: those that are not about age may be of any.
        config: example.now === undefined || 'refused' in example.expected ? example.config : timeless(connector.config, example.config),
      })),
      { kind: 'webhook', name: 'here', write_key: keyOf('here'), connector: 'hubspot', config: { client_secret: 'abc' } },
      { kind: 'webhook', name: 'off', write_key: keyOf('off'), enabled: false, connector: 'github', config: { secret: 'x' } },
    ],
  })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.close()
})

const keyOf = (source: string) => `key-of-${source}`

function timeless(schema: z.ZodType, config: any): any {
  const tolerance = 100 * 365 * 86_400
  if ('tolerance' in ((z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties as object | undefined) ?? {}))
    return { ...config, tolerance }
  return config.verify === undefined ? config : { ...config, verify: { ...config.verify, tolerance } }
}

async function send(path: string, init: RequestInit = {}) {
  const response = await fetch(edge.url + path, { method: 'POST', ...init })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    text,
    json: () => JSON.parse(text) as any,
  }
}

describe('the examples of every source, over HTTP', () => {
  test.each(cases.map((item) => [`${item.connector.name}: ${item.example.title}`, item] as const))(
    '%s',
    async (_title, { connector, example, source }) => {
      const { request, expected, config } = example
      const { search } = new URL(request.url ?? 'http://x')
      const post = (key?: string) =>
        send(`/v1/webhook/${source}${key === undefined ? search : `${search === '' ? '?' : `${search}&`}key=${key}`}`, {
          method: request.method ?? 'POST',
          headers: { ...request.headers },
          ...(request.method === 'GET' ? {} : { body: request.body ?? '' }),
        })
      // What proves itself needs no key; what does not is turned away without one.
      let answer = await post()
      if (answer.status === 401 && answer.json().error.code === 'missing-key') answer = await post(keyOf(source))
      if ('refused' in expected) {
        expect(answer.json().error.code).toBe(expected.refused)
        expect(answer.status).toBe(expected.refused === 'wrong-signature' ? 401 : 400)
        for (const secret of Object.values(config as object))
          if (typeof secret === 'string' && secret.length > 7) expect(answer.text).not.toContain(secret)
        return
      }
      expect(answer.status).toBe(200)
      if ('challenge' in expected) {
        expect([answer.type, answer.text]).toEqual([expected.challenge.contentType, expected.challenge.body])
        return
      }
      expect(answer.json()).toEqual({ success: true })
      await edge.flush()
      const stored = rows.all.filter((row) => row['source'] === source)
      const wanted = eventsOf(connector.name, expected.events)
      expect(stored.map(byMeaning)).toEqual(wanted.map(asRow))
    },
  )

  test('nothing that was refused is stored', async () => {
    await edge.flush()
    const refused = cases.filter(({ example }) => !('events' in example.expected)).map(({ source }) => source)
    expect([...rows.all, ...rows.rejected].filter((row) => refused.includes(row['source']))).toEqual([])
    const { sources } = await edge.metrics()
    for (const source of refused) expect(sources[source]).toBeUndefined()
  })
})

test('a forged signature is told in the log, by source and reason, and no secret with it', async () => {
  const refused = cases.find(({ source }) => source === 'github_5')!
  await send(`/v1/webhook/${refused.source}`, { body: '{}', headers: { ...refused.example.request.headers } })
  await expect.poll(() => log.filter((line) => line.includes('github_5'))).toHaveLength(1)
  expect(log.find((line) => line.includes('github_5'))).toContain('x-hub-signature-256 is missing')
  expect(log.join('')).not.toContain('Secret to Everybody')
})

/** What a row says, as far as the event decides it. */
function byMeaning(row: Row) {
  const { type, event_text, name, user_id, anonymous_id, group_id, properties, traits, context } = row
  const message_id = String(row['message_id']).startsWith('content-') ? undefined : row['message_id']
  return strip({
    type,
    event_text,
    name,
    user_id,
    anonymous_id,
    group_id,
    message_id,
    time: row['original_timestamp'],
    properties,
    traits,
    context,
  })
}

function asRow(event: RawEvent) {
  const time = event.timestamp === undefined ? undefined : new Date(parseTime(event.timestamp)!).toISOString()
  return strip({
    type: event.type,
    event_text: event.event,
    name: event.name,
    user_id: text(event.userId),
    anonymous_id: text(event.anonymousId),
    group_id: text(event.groupId),
    message_id: text(event.messageId),
    time,
    properties: event.properties,
    traits: event.traits,
    context: event.context,
  })
}

const text = (value: unknown) => (value === undefined ? undefined : String(value))

function strip(value: object): unknown {
  return JSON.parse(JSON.stringify(value))
}

describe('who may send', () => {
  const item = '{"event_id":"k1","type":"open"}'
  const path = '/v1/webhook/generic_0'

  test.each<[string, string, RequestInit, number, string | undefined]>([
    ['the key in the address', `${path}?key=key-of-generic_0`, {}, 200, undefined],
    ['the key in a header', path, { headers: { 'x-write-key': 'key-of-generic_0' } }, 200, undefined],
    ['the key as the user of Basic', path, { headers: { authorization: `Basic ${btoa('key-of-generic_0:')}` } }, 200, undefined],
    ['no key, and nothing signed', path, {}, 401, 'missing-key'],
    ['another user of Basic', path, { headers: { authorization: `Basic ${btoa('somebody:x')}` } }, 401, 'missing-key'],
    ['a key that nobody has', `${path}?key=wrong-key-0`, {}, 401, 'unknown-key'],
    ['the key of another source', `${path}?key=key-of-github_0`, {}, 403, 'wrong-source'],
    ['the key of a source that is no webhook', '/v1/webhook/web?key=write-key-of-web', {}, 403, 'wrong-source'],
    ['a source that is no webhook, without a key', '/v1/webhook/web', {}, 401, 'missing-key'],
    ['a source that is not there', '/v1/webhook/nowhere', {}, 401, 'missing-key'],
    ['a disabled source', '/v1/webhook/off', {}, 403, 'source-disabled'],
    ['the right key, and no signature where one is wanted', '/v1/webhook/github_0?key=key-of-github_0', {}, 401, 'wrong-signature'],
    ['a GET', `${path}?key=key-of-generic_0`, { method: 'GET' }, 405, 'wrong-method'],
  ])('%s', async (_name, path, init, status, code) => {
    const answer = await send(path, { ...(init.method === 'GET' ? {} : { body: item }), ...init })
    expect([answer.status, answer.json().error?.code]).toEqual([status, code])
  })
})

describe('what is sent', () => {
  const path = '/v1/webhook/generic_0?key=key-of-generic_0'

  test('an item that is no event is kept as rejected, and does not sink the others', async () => {
    const answer = await send(path, { body: '[{"event_id":"r1","type":"open"},7,{"event_id":"r2"}]' })
    expect([answer.status, answer.json()]).toMatchObject([
      200,
      {
        success: true,
        accepted: 1,
        rejected: [
          { index: 1, code: 'not-an-object' },
          { index: 2, code: 'missing-field', field: 'event' },
        ],
      },
    ])
    await edge.flush()
    expect(rows.rejected.map((row) => row['payload'])).toEqual(expect.arrayContaining(['7', '{"event_id":"r2"}']))
  })

  test('a tool is not told 4xx for a single event that is kept as rejected, lest it stop sending', async () => {
    const answer = await send(path, { body: JSON.stringify({ type: 'open', event_id: 'big', text: 'x'.repeat(600_000) }) })
    expect([answer.status, answer.json().accepted, answer.json().rejected[0].code]).toEqual([200, 0, 'too-large'])
  })

  test('payloads larger than what SDKs may send', async () => {
    const answer = await send(path, { body: JSON.stringify({ type: 'open', event_id: 'large', text: 'x'.repeat(400_000) }) })
    expect([answer.status, answer.json()]).toEqual([200, { success: true }])
    await edge.flush()
    expect(rows.all.find((row) => row['message_id'] === 'large')?.['properties'].text).toHaveLength(400_000)
  })

  test('a signature is over the bytes as sent: gzip is unpacked, a byte order mark and broken UTF-8 stay', async () => {
    for (const body of [Buffer.from('\ufeff{"action":"x"}'), Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')])]) {
      const signature = `sha256=${createHmac('sha256', "It's a Secret to Everybody").update(body).digest('hex')}`
      const headers = { 'x-hub-signature-256': signature, 'x-github-event': 'y' }
      const plain = await send('/v1/webhook/github_0', { body, headers })
      const packed = await send('/v1/webhook/github_0', { body: gzipSync(body), headers: { ...headers, 'content-encoding': 'gzip' } })
      expect([plain.status, packed.status]).toEqual([200, 200])
    }
  })

  test('a signature may be over the address, as the sender wrote it', async () => {
    const [path, time] = ['/v1/webhook/here?a=%20b%2Fc', String(Date.now())]
    const signature = createHmac('sha256', 'abc').update(`POST${edge.url}/v1/webhook/here?a=%20b/c[]${time}`).digest('base64')
    const headers = { 'x-hubspot-request-timestamp': time, 'x-hubspot-signature-v3': signature }
    expect((await send(path, { body: '[]', headers })).status).toBe(200)
    expect((await send(`${path}&more`, { body: '[]', headers })).status).toBe(401)
  })

  test.each([
    ['no JSON', 'x', 400, 'malformed-json'],
    ['nesting without end', `${'['.repeat(200_000)}`, 400, 'malformed-json'],
    ['5 MB', 'x'.repeat(5 * 1024 * 1024), 413, 'too-large'],
  ])('%s', async (_name, body, status, code) => {
    const answer = await send(path, { body })
    expect([answer.status, answer.json().error.code]).toEqual([status, code])
  })
})

const publish = async (source: object) => {
  const body = JSON.stringify({ sources: [{ kind: 'webhook', name: 'x', write_key: 'key-of-x', ...source }] })
  const response = await fetch(`${edge.url}/admin/config`, {
    method: 'PUT',
    body,
    headers: { authorization: `Bearer ${edge.adminToken}` },
  })
  return { status: response.status, body: (await response.json()) as any }
}

const bytes = (text: string) => fc.constant(new TextEncoder().encode(text))

/** A text with a piece of it replaced. */
const mangled = (text: string) =>
  fc.tuple(fc.nat(), fc.nat(), fc.string()).map(([from, to, between]) => {
    const [start, end] = [from % (text.length + 1), to % (text.length + 1)]
    return new TextEncoder().encode(text.slice(0, Math.min(start, end)) + between + text.slice(Math.max(start, end)))
  })

test('whatever is sent to whichever source, nothing answers 5xx, and a refusal says why', async () => {
  const input = fc.constantFrom(...cases).chain(({ source, example }) =>
    fc.record({
      source: fc.constant(source),
      keyed: fc.boolean(),
      body: fc.oneof(
        bytes(example.request.body ?? ''),
        mangled(example.request.body ?? ''),
        fc.uint8Array({ maxLength: 60 }).map((array) => new Uint8Array(array)),
      ),
      headers: fc.constantFrom<Record<string, string>>(
        {},
        { ...example.request.headers },
        { ...example.request.headers, 'content-type': 'application/x-www-form-urlencoded' },
      ),
    }),
  )
  await fc.assert(
    fc.asyncProperty(input, async ({ source, keyed, body, headers }) => {
      const answer = await send(`/v1/webhook/${source}${keyed ? `?key=${keyOf(source)}` : ''}`, { body, headers })
      expect(answer.status).toBeLessThan(500)
      if (answer.status !== 200)
        expect(answer.json()).toMatchObject({ success: false, error: { code: expect.any(String), message: expect.any(String) } })
    }),
    { numRuns: 400 },
  )
})

describe('publishing', () => {
  test('refuses settings that the connector does not take, and keeps what was published before', async () => {
    expect(await publish({ connector: 'strype', config: {} })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid-config', field: 'sources.0.connector', mend: 'Did you mean "stripe"?' } },
    })
    expect(await publish({ connector: 'stripe', config: { signing_secret: 7 } })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid-config', field: 'sources.0.config.signing_secret' } },
    })
    expect((await send('/v1/webhook/generic_0?key=key-of-generic_0', { body: '{"type":"open"}' })).status).toBe(200)
  })

  test('shows no secret of what is published', async () => {
    const response = await fetch(`${edge.url}/admin/config`, { headers: { authorization: `Bearer ${edge.adminToken}` } })
    const text = await response.text()
    expect(text).toContain('"name":"stripe_0"')
    expect(text).not.toContain('whsec_example')
  })
})
