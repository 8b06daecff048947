import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { DeliveryBatch } from '#core/connector/destination.ts'
import { destinations } from '#core/connector/destination-registry.ts'
import { webhook } from '#core/destination/webhook/index.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startWebhookTool, type WebhookTool } from '#test/fixture/webhook-tool.ts'

let tool: WebhookTool

beforeAll(async () => {
  tool = await startWebhookTool()
})
afterAll(() => tool?.stop())
afterEach(() => {
  Object.assign(tool, { requests: [], faults: [], refuse: () => undefined, answers: 'results' })
  tool.records.clear()
})

const deliver: NonNullable<typeof webhook.rows>['deliver'] = (...call) => webhook.rows!.deliver(...call)
const config = (settings: object = {}) => webhook.config.parse({ url: tool.url, ...settings })
const batch = (keys: string[]): DeliveryBatch => ({
  sync: 'contacts',
  object: 'contact',
  operation: 'upsert',
  rows: keys.map((key) => ({ key, fields: { id: key } })),
})

test('stands in the registry', () => {
  expect(destinations).toContain(webhook)
})

test('one bad row among a hundred is found, and the others arrive', async () => {
  tool.answers = 'status'
  // A tool that takes all rows of a request or none.
  const keys = Array.from({ length: 100 }, (_, n) => `k${n}`)
  const whole = await startAllOrNothing((key) => key === 'k37')
  const outcomes = await deliver(config({ url: whole.url }), batch(keys), testRuntime())
  expect(outcomes.flatMap(({ status }, index) => (status === 'accepted' ? [] : [`${keys[index]} ${status}`]))).toEqual(['k37 rejected'])
  expect(whole.taken.toSorted()).toEqual(keys.filter((key) => key !== 'k37').toSorted())
  await whole.stop()
})

test('headers and a signature that the receiver can check', async () => {
  const secret = `whsec_${Buffer.from('a key of our own').toString('base64')}`
  await deliver(config({ headers: { Authorization: 'Bearer t0ken' }, signing_secret: secret }), batch(['a']), testRuntime())
  const { headers, text } = tool.requests[0]!
  expect(headers).toMatchObject({ authorization: 'Bearer t0ken', 'content-type': 'application/json' })
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`
  expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', 'a key of our own').update(signed).digest('base64')}`)
  expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60)
})

describe('failures of the whole call', () => {
  test.each([
    [401, 'destination-auth', 'config', false],
    [403, 'destination-auth', 'config', false],
    [302, 'destination-moved', 'config', false],
    [408, 'destination-unavailable', 'transient', true],
    [429, 'destination-throttled', 'transient', true],
    [500, 'destination-unavailable', 'transient', true],
    [503, 'destination-unavailable', 'transient', true],
  ])('%i is %s', async (status, code, fault, retryable) => {
    tool.faults = [{ status, headers: { 'retry-after': '3', location: `${tool.url}/elsewhere` } }]
    await expect(deliver(config(), batch(['a', 'b']), testRuntime())).rejects.toMatchObject({ code, fault, retryable })
    expect(tool.requests).toHaveLength(1)
  })

  test.each([
    ['12', undefined, 12],
    ['Wed, 21 Oct 2026 07:28:30 GMT', 'Wed, 21 Oct 2026 07:28:00 GMT', 30],
    ['soon', undefined, undefined],
  ])('Retry-After: %s', async (value, date, seconds) => {
    tool.faults = [{ status: 503, headers: { 'retry-after': value, ...(date === undefined ? {} : { date }) } }]
    await expect(deliver(config(), batch(['a']), testRuntime())).rejects.toMatchObject({ retryAfter: seconds })
  })

  test('a connection that breaks may have delivered; one that was never made has not', async () => {
    tool.faults = ['reset-after']
    await expect(deliver(config(), batch(['a']), testRuntime())).rejects.toMatchObject({
      code: 'destination-unanswered',
      retryable: true,
    })
    const gone = await startWebhookTool()
    await gone.stop()
    await expect(deliver(config({ url: gone.url }), batch(['a']), testRuntime())).rejects.toMatchObject({
      code: 'destination-unreachable',
    })
  })

  test('a tool that never answers is given up after the timeout', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`
    await expect(deliver(config({ url, timeout: 0.05 }), batch(['a']), testRuntime())).rejects.toMatchObject({
      code: 'destination-unanswered',
    })
    silent.closeAllConnections()
    silent.close()
  })

  test('no header or secret is in an error', async () => {
    tool.faults = [{ status: 401 }]
    const error = await deliver(
      config({ headers: { 'X-Key': 's3cret-value' }, signing_secret: 'other-s3cret' }),
      batch(['a']),
      testRuntime(),
    ).catch((thrown) => thrown)
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('s3cret')
  })
})

test('a request a row: those after a failure wait, those before are told', async () => {
  tool.faults = [undefined, undefined, { status: 503, headers: { 'retry-after': '9' } }]
  const outcomes = await deliver(config({ batch: 'single', concurrency: 1 }), batch(['a', 'b', 'c', 'd', 'e']), testRuntime())
  expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'undelivered', 'undelivered', 'undelivered'])
  expect(outcomes[2]).toMatchObject({ error: { code: 'destination-unavailable', retryAfter: 9 } })
  expect(outcomes[3]).toMatchObject({ error: { code: 'destination-unreachable' } })
  expect(tool.requests).toHaveLength(3)
})

test.each([
  [undefined, true],
  ['destination-auth', 401],
  ['destination-unavailable', 500],
] as const)('check: %s', async (code, status) => {
  const server = createServer((_request, response) => response.writeHead(typeof status === 'number' ? status : 405).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const result = await webhook.check(config({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }), testRuntime())
  expect(result.ok ? undefined : result.error.code).toBe(code)
  server.close()
})

test.each([
  [{ url: 'ftp://x.y/' }],
  [{ url: 'nowhere' }],
  [{ url: 'http://x.y/', header: {} }],
  [{ url: 'http://x.y/', headers: { 'no good': '1' } }],
  [{ url: 'http://x.y/', batch: 'all' }],
])('refuses the settings %j', (settings) => {
  expect(webhook.config.safeParse(settings).success).toBe(false)
})

async function startAllOrNothing(bad: (key: string) => boolean) {
  const taken: string[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => (text += chunk))
    request.on('end', () => {
      const keys = (JSON.parse(text) as DeliveryBatch).rows.map(({ key }) => key)
      if (keys.some(bad)) return response.writeHead(400).end('{"message":"one of them is bad"}')
      taken.push(...keys)
      response.writeHead(200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    taken,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
