import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { edgeSources, startTestEdge, type TestEdge, type TestEdgeOptions } from '#test/fixture/edge.ts'
import { type EventTool, startEventTool, toTool } from '#test/fixture/event-tool.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { startFakeClickHouse } from './fake-clickhouse.ts'
import { idsOf, sendEvents, sendTracks } from './send-events.ts'

let warehouse: Awaited<ReturnType<typeof startFakeClickHouse>>
let tool: EventTool
let edge: TestEdge
const settings = { DELIVER_INTERVAL_MS: '50', FLUSH_INTERVAL_MS: '50' }
const sources = ['web', 'app']
const publish = (destinations: NonNullable<TestEdgeOptions['destinations']>) =>
  edge.publish({ sources: edgeSources(sources), destinations })
const metricsOf = async (name: string) => (await edge.metrics()).destinations[name]
const consent = (Analytics: unknown) => ({ consent: { categoryPreferences: { Advertising: true, Analytics } } })
const open: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  warehouse = await startFakeClickHouse(({ response }) => response.end(''))
  tool = await startEventTool()
  edge = await startTestEdge({ warehouse: warehouse.address, sources, settings })
})
afterAll(async () => {
  for (const close of open.toReversed()) await close()
  await edge?.stop()
  await tool?.stop()
  await warehouse?.close()
})
beforeEach(() => {
  tool.mood = () => undefined
  tool.events.clear()
  tool.requests.length = 0
})

describe('a destination', () => {
  test('begins with what comes in after it was published, and ends with its removal', async () => {
    await publish([])
    await sendTracks(edge, ['before'])
    await publish([toTool('late', tool)])
    await sendTracks(edge, ['after'])
    await eventually(() => [...tool.events.keys()]).toEqual(['after'])
    // Published again as it is, it goes on where it was.
    await publish([toTool('late', tool)])
    await sendTracks(edge, ['again'])
    await eventually(() => [...tool.events.keys()]).toEqual(['after', 'again'])
    await publish([])
    await sendTracks(edge, ['gone'])
    expect(await metricsOf('late')).toBeUndefined()
    await publish([toTool('late', tool)])
    await sendTracks(edge, ['back'])
    await eventually(() => [...tool.events.keys()]).toEqual(['after', 'again', 'back'])
    expect(await metricsOf('late')).toMatchObject({ state: 'active', delivered: 1 })
  })

  test('that is disabled gets nothing, and nothing is kept for it', async () => {
    await publish([toTool('off', tool, { enabled: false })])
    await sendTracks(edge, ['unseen'])
    expect(await metricsOf('off')).toMatchObject({ state: 'disabled', backlog: { events: 0 } })
    await edge.flush()
    expect((await edge.metrics()).spool).toMatchObject({ events: 0, bytes: 0 })
    await expect(edge.admin('/admin/destinations/off/replay', 'POST', { all: true })).rejects.toThrow('destination-disabled')
  })

  test('gets each event in the standard form, in order, in batches of what its connector takes', async () => {
    await publish([toTool('form', tool)])
    const ids = idsOf('f', 250)
    await sendTracks(edge, ids, { properties: { n: 1 }, context: { page: { url: 'https://x' } } })
    await eventually(() => [...tool.events.keys()]).toEqual(ids)
    expect(Math.max(...tool.requests.map((request) => request.length))).toBe(100)
    expect(tool.events.get('f1')).toEqual({
      type: 'track',
      event: 'Ping',
      messageId: 'f1',
      userId: 'u',
      source: 'web',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      properties: { n: 1 },
      context: expect.objectContaining({ page: { url: 'https://x' }, library: { name: 'http' } }),
    })
  })

  test.each<[string, object, string[]]>([
    ['sources', { sources: ['app'] }, ['other-source']],
    ['types', { types: ['identify', 'page'] }, ['identify', 'page']],
    [
      'names',
      { types: ['track'], sources: ['web'], include: ['Order Completed', 'Ping'], exclude: ['Ping'] },
      ['order', 'agreed', 'refused'],
    ],
    ['consent', { consent: ['Advertising', 'Analytics'] }, ['agreed']],
  ])('gets only what it is for: %s', async (_, events, expected) => {
    await publish([toTool('picky', tool, events), toTool('all', tool, {}, { headers: { 'x-tool': 'all' } })])
    const order = { type: 'track', event: 'Order Completed', userId: 'u' }
    await sendEvents(edge, [
      { type: 'track', event: 'Ping', userId: 'u', messageId: 'ping' },
      { ...order, messageId: 'order' },
      { ...order, messageId: 'agreed', context: consent(true) },
      { ...order, messageId: 'refused', context: consent(false) },
      { type: 'identify', userId: 'u', messageId: 'identify', context: consent('true') },
      { type: 'page', userId: 'u', messageId: 'page', context: { consent: { categoryPreferences: null } } },
    ])
    await sendTracks(edge, ['other-source'], {}, 'app')
    await eventually(async () => (await metricsOf('picky'))?.backlog.events).toBe(0)
    await eventually(async () => (await metricsOf('all'))?.delivered).toBe(7)
    const counts = await metricsOf('picky')
    expect(counts).toMatchObject({ delivered: expected.length, filtered: 7 - expected.length })
    expect(tool.requests.flat().toSorted()).toEqual([...tool.events.keys(), ...expected].toSorted())
    await publish([])
  })

  test('gets what `integrations` of an event do not keep from it, by its name or its connector', async () => {
    await publish([toTool('my_crm', tool)])
    const asked = {
      none: {},
      'all-yes': { All: true },
      'all-no': { All: false },
      'by-name': { All: false, 'My CRM': true },
      'by-connector': { all: false, Webhook: { option: 1 } },
      'not-by-name': { 'my-crm': false },
      other: { Mixpanel: false },
      'only-other': { All: false, Mixpanel: true },
      odd: ['All'],
    }
    const batch = Object.entries(asked).map(([messageId, integrations]) => ({
      type: 'track',
      event: 'Ping',
      userId: 'u',
      messageId,
      ...(Array.isArray(integrations) ? { unknown: { integrations } } : { integrations }),
    }))
    await sendEvents(edge, batch)
    await eventually(() => metricsOf('my_crm')).toMatchObject({ delivered: 6, filtered: 3 })
    expect([...tool.events.keys()]).toEqual(['none', 'all-yes', 'by-name', 'by-connector', 'other', 'odd'])
    expect(tool.events.get('by-connector')).toMatchObject({ integrations: { all: false, Webhook: { option: 1 } } })
  })

  test('whose credentials are refused pauses with the error shown, and goes on once others are published', async () => {
    await publish([toTool('locked', tool)])
    tool.mood = () => ({ status: 401 })
    await sendTracks(edge, ['l1', 'l2'])
    await eventually(() => metricsOf('locked')).toMatchObject({ state: 'paused', lastError: { code: 'destination-auth' } })
    const { nextAt } = (await metricsOf('locked'))!
    await sendTracks(edge, ['l3'])
    tool.mood = () => undefined
    expect((await metricsOf('locked'))!.nextAt).toBe(nextAt)
    expect(tool.requests).toHaveLength(1)
    await publish([toTool('locked', tool, {}, { headers: { authorization: 'right' } })])
    await eventually(() => [...tool.events.keys()]).toEqual(['l1', 'l2', 'l3'])
    expect(await metricsOf('locked')).toMatchObject({ state: 'active', delivered: 3, dead: 0 })
  })
})

describe('what is published', () => {
  test.each([
    [{ connector: 'webhoook', config: {} }, 'unknown-connector', 'destinations.0.connector'],
    [{ connector: 'webhook', config: { url: 'nowhere' } }, 'invalid-setting', 'destinations.0.config.url'],
    [{ connector: 'webhook', config: {}, events: { types: ['clicks'] } }, 'invalid-config', 'destinations.0.events.types.0'],
  ])('is refused with its place when it cannot be: %j', async (destination, code, field) => {
    const put = edge.admin('/admin/config', 'PUT', { sources: [], destinations: [{ name: 'x', events: {}, ...destination }] })
    await expect(put).rejects.toThrow(new RegExp(`400.*"code":"${code}".*"field":"${field}"`))
  })

  test('shows no settings, which may be secret', async () => {
    await publish([toTool('quiet', tool, {}, { headers: { authorization: 's3cret' } })])
    const config = await edge.admin('/admin/config')
    expect(config.destinations).toMatchObject([{ name: 'quiet', connector: 'webhook', events: { enabled: true } }])
    expect(JSON.stringify(config)).not.toContain('s3cret')
    await publish([])
  })
})

describe('kill -9', () => {
  test('loses nothing, and repeats only the batch that was on its way, as it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-edge-'))
    open.push(() => rm(folder, { recursive: true, force: true }))
    const options = { warehouse: warehouse.address, folder, settings, destinations: [toTool('firm', tool)] }
    const ids = idsOf('k', 1500)
    for (let round = 0; round < 3; round++) {
      const killed = await startTestEdge(options)
      // The tool takes one batch of each run late, so that the kill comes before its answer.
      const late = tool.requests.length + 3
      tool.mood = (_, number) => (number === late ? 'hang' : undefined)
      await sendTracks(killed, ids.slice(round * 500, round * 500 + 230))
      await eventually(() => tool.requests.length).toBeGreaterThanOrEqual(late)
      // More has come in by then: the batch must not grow by it.
      await sendTracks(killed, ids.slice(round * 500 + 230, round * 500 + 500))
      await killed.kill('SIGKILL')
      tool.mood = () => undefined
    }
    const last = await startTestEdge(options)
    await eventually(() => ids.filter((id) => !tool.events.has(id))).toEqual([])
    await eventually(async () => (await last.metrics()).destinations['firm']).toMatchObject({ backlog: { events: 0 }, dead: 0 })
    await last.stop()
    const whole = tool.requests.map((request) => request.join())
    const repeated = whole.filter((request, index) => whole.indexOf(request) < index)
    expect(repeated).toHaveLength(3)
    expect(new Set(whole).size + 3).toBe(tool.requests.length)
    expect(tool.requests.flat()).toHaveLength(ids.length + repeated.map((request) => request.split(',').length).reduce((a, b) => a + b))
  })
})

test('a webhook goes straight into another tool, warehouse or no warehouse', async () => {
  const config = { events: [{ type: 'track', event: 'Mail {type}', user_id: '{who}', message_id: '{id}' }] }
  const looped = await startTestEdge({
    warehouse: { url: 'http://127.0.0.1:1', user: 'u', password: 'p' },
    settings,
    sources: [{ kind: 'webhook', name: 'mail', write_key: 'key-of-mail', connector: 'generic', config }],
    destinations: [toTool('crm', tool, { sources: ['mail'] })],
  })
  open.push(() => looped.stop())
  const hook = (body: object) => fetch(`${looped.url}/v1/webhook/mail?key=key-of-mail`, { method: 'POST', body: JSON.stringify(body) })
  expect(
    (
      await hook([
        { type: 'opened', who: 'u7', id: 'h1' },
        { type: 'bounced', id: 'h2' },
      ])
    ).status,
  ).toBe(200)
  await eventually(() => [...tool.events.keys()]).toEqual(['h1', 'h2'])
  expect(tool.events.get('h1')).toMatchObject({
    type: 'track',
    event: 'Mail opened',
    userId: 'u7',
    source: 'mail',
    properties: { who: 'u7' },
  })
  // What the destination has, the warehouse is still to get.
  expect((await looped.metrics()).spool.events).toBe(2)
  expect((await looped.metrics()).destinations['crm']).toMatchObject({ delivered: 2, backlog: { events: 0 } })
})

test('where connections are few, those that hang hold up others only until they are given up', async () => {
  const hanging = await Promise.all([startEventTool(), startEventTool()])
  for (const one of hanging) one.mood = () => 'hang'
  const narrow = await startTestEdge({
    warehouse: warehouse.address,
    settings: { ...settings, DELIVER_CONNECTIONS: '2' },
    destinations: [...hanging.map((one, index) => toTool(`hang_${index}`, one)), toTool('prompt', tool)],
  })
  open.push(() => narrow.stop(), ...hanging.map((one) => () => one.stop()))
  await sendTracks(narrow, ['n1'])
  await narrow.flush()
  await eventually(() => [...tool.events.keys()]).toEqual(['n1'])
})

test('spools side by side are one to whoever looks at them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-edge-'))
  open.push(() => rm(folder, { recursive: true, force: true }))
  const options = {
    warehouse: warehouse.address,
    folder,
    settings: { ...settings, SPOOL_SHARDS: '4', DELIVER_ATTEMPTS: '1' },
    destinations: [toTool('wide', tool)],
  }
  tool.mood = (ids) => (ids[0]!.startsWith('w1-') ? { status: 422 } : undefined)
  // Each start is a new isolate, which chooses its shard anew.
  const sent: string[] = []
  for (let start = 0; start < 6; start++) {
    const one = await startTestEdge(options)
    const ids = idsOf(`w${start}-`, 5)
    await sendTracks(one, ids)
    sent.push(...ids)
    await one.flush()
    await eventually(async () => (await one.metrics()).destinations['wide']!.backlog.events).toBe(0)
    await one.stop()
  }
  const last = await startTestEdge(options)
  const metrics = await last.metrics()
  expect(metrics.sources['web']).toMatchObject({ accepted: 30, flushed: 30 })
  expect(metrics.destinations['wide']).toMatchObject({ delivered: 25, rejected: 5, dead: 5 })
  const { letters } = await last.admin('/admin/destinations/wide/dead')
  expect(letters.map(({ messageId }: { messageId: string }) => messageId).toSorted()).toEqual(idsOf('w1-', 5))
  tool.mood = () => undefined
  expect(await last.admin('/admin/destinations/wide/replay', 'POST', { ids: [letters[0].id] })).toEqual({ events: 1 })
  expect(await last.admin('/admin/destinations/wide/replay', 'POST', { all: true })).toEqual({ events: 4 })
  await eventually(() => sent.filter((id) => !tool.events.has(id))).toEqual([])
  await last.stop()
})
