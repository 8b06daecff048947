import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { edgeSources, startTestEdge, type TestEdge, type TestEdgeOptions } from '#test/fixture/edge.ts'
import { type EventTool, startEventTool, toTool } from '#test/fixture/event-tool.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { idsOf, sendEvents, sendTracks } from './send-events.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
let tool: EventTool
let other: EventTool
let edge: TestEdge
const settings = { DELIVER_INTERVAL_MS: '50', FLUSH_INTERVAL_MS: '50', DELIVER_MAX_DELAY_MS: '300' }
const open: (() => Promise<unknown>)[] = []
const start = async (options: Partial<TestEdgeOptions>) => {
  const started = await startTestEdge({ warehouse, settings, ...options })
  open.push(() => started.stop())
  return started
}
const publish = (destinations: NonNullable<TestEdgeOptions['destinations']>) =>
  edge.publish({ sources: edgeSources(['web']), destinations })
const metricsOf = async (name: string, of = edge) => (await of.metrics()).destinations[name]!
const lettersOf = async (name: string, of = edge): Promise<Record<string, any>[]> =>
  (await of.admin(`/admin/destinations/${name}/dead`)).letters

beforeAll(async () => {
  warehouse = await startTestWarehouse()
  ;[tool, other] = await Promise.all([startEventTool(), startEventTool()])
  edge = await start({})
})
afterAll(async () => {
  for (const close of open.toReversed()) await close()
  await tool?.stop()
  await other?.stop()
  await warehouse?.stop()
})
beforeEach(() => {
  for (const one of [tool, other]) {
    one.mood = () => undefined
    one.events.clear()
    one.requests.length = 0
  }
})

describe('dead letters', () => {
  test('are what the tool refused, and why: listed, in the warehouse, replayed, dropped', async () => {
    await publish([toTool('strict', tool)])
    const refused = new Set(['d2', 'd4', 'd5'])
    tool.mood = (ids) => ({
      status: 200,
      body: {
        results: ids.map((key) => (refused.has(key) ? { key, status: 'rejected', message: 'no plan' } : { key, status: 'accepted' })),
      },
    })
    await sendTracks(edge, idsOf('d', 5))
    await eventually(() => metricsOf('strict')).toMatchObject({ delivered: 2, rejected: 3, dead: 3, backlog: { events: 0 } })
    const letters = await lettersOf('strict')
    expect(letters.map(({ messageId }) => messageId)).toEqual(['d5', 'd4', 'd2'])
    expect(letters[0]).toMatchObject({ code: 'event-rejected', message: expect.stringContaining('no plan'), event: { event: 'Ping' } })
    expect(await edge.admin('/admin/destinations/strict/dead?limit=1')).toEqual({ letters: letters.slice(0, 1) })
    await edge.flush()
    const log = "SELECT message_id, code, events FROM events.undelivered WHERE destination = 'strict' ORDER BY message_id"
    const noted = ['d2', 'd4', 'd5'].map((message_id) => ({ message_id, code: 'event-rejected', events: '1' }))
    expect(await select(warehouse, log)).toEqual(noted)

    const replay = (body: object) => edge.admin('/admin/destinations/strict/replay', 'POST', body)
    tool.mood = () => undefined
    expect(await replay({ ids: [letters[1]!.id] })).toEqual({ events: 1 })
    await eventually(() => [...tool.events.keys()]).toEqual(['d4'])
    expect(await edge.admin('/admin/destinations/strict/drop', 'POST', { ids: [letters[2]!.id, letters[1]!.id] })).toEqual({ events: 1 })
    // One that the tool still refuses comes back.
    tool.mood = () => ({ status: 422, body: { message: 'still no plan' } })
    expect(await replay({ all: true })).toEqual({ events: 1 })
    await eventually(async () => (await lettersOf('strict')).map(({ messageId, message }) => [messageId, message])).toEqual([
      ['d5', 'still no plan (422)'],
    ])
    expect((await lettersOf('strict'))[0]!.id).not.toBe(letters[0]!.id)
  })

  test('outlive their destination, and are dropped by name', async () => {
    await publish([toTool('brief', tool)])
    tool.mood = () => ({ status: 422 })
    await sendTracks(edge, ['b1'])
    await eventually(async () => (await metricsOf('brief')).dead).toBe(1)
    await publish([])
    expect(await metricsOf('brief')).toMatchObject({ state: 'removed', dead: 1 })
    expect(await lettersOf('brief')).toMatchObject([{ messageId: 'b1' }])
    await edge.admin('/admin/destinations/brief/drop', 'POST', { all: true })
    expect((await edge.metrics()).destinations['brief']).toBeUndefined()
  })

  test('past their limit lose their events and keep their time, which can be replayed', async () => {
    const small = await start({ settings: { ...settings, DELIVER_DEAD_LETTERS: '10' }, destinations: [toTool('picky', tool)] })
    tool.mood = () => ({ status: 422 })
    const ids = idsOf('m', 40)
    for (let index = 0; index < ids.length; index += 8) await sendTracks(small, ids.slice(index, index + 8))
    await eventually(async () => (await metricsOf('picky', small)).rejected).toBe(40)
    const letters = await lettersOf('picky', small)
    const times = letters.filter(({ code }) => code === 'dead-letters-full')
    expect(letters.length - times.length).toBeLessThanOrEqual(10)
    expect(times).toHaveLength(1)
    expect((await metricsOf('picky', small)).dead).toBe(40)
    await small.flush()
    tool.mood = () => undefined
    await small.admin('/admin/destinations/picky/replay', 'POST', { all: true })
    await eventually(() => ids.filter((id) => !tool.events.has(id))).toEqual([])
    await small.stop()
  })

  test.each([
    ['GET', '/dead?limit=0', undefined, 'invalid-request'],
    ['POST', '/replay', {}, 'invalid-request'],
    ['POST', '/replay', { ids: ['7'] }, 'invalid-request'],
    ['POST', '/replay', { from: 'yesterday' }, 'invalid-request'],
    ['POST', '/replay', { from: '2026-02-02', to: '2026-02-01' }, 'invalid-request'],
    ['POST', '/drop', { all: false }, 'invalid-request'],
  ])('%s %s with %j is refused', async (method, path, body, code) => {
    await publish([toTool('asked', tool)])
    await expect(edge.admin(`/admin/destinations/asked${path}`, method, body)).rejects.toThrow(new RegExp(`answered 400.*${code}`))
    await expect(edge.admin('/admin/destinations/nobody/replay', 'POST', { all: true })).rejects.toThrow(/404.*unknown-destination/)
  })
})

describe('a replay of a time', () => {
  test('delivers the events of the warehouse as they were streamed, once, to that destination alone', async () => {
    await publish([toTool('first', tool), toTool('second', other, { enabled: false })])
    const from = Date.now()
    const properties = '{"id":9007199254740993,"a.b":1,"a":{"b":"x","n":null},"list":[{"deep":true}],"text":"ü\\n","total":1.5,"count":3}'
    const raw = `{"batch":[{"type":"track","event":"Big One","userId":"u","messageId":"r1","timestamp":"2026-01-02T03:04:05.678Z","properties":${properties}}]}`
    const headers = { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` }
    expect((await fetch(`${edge.url}/v1/batch`, { method: 'POST', body: raw, headers })).status).toBe(200)
    await sendEvents(edge, [
      { type: 'identify', userId: 7, anonymousId: 'a', messageId: 'r2', traits: { email: 'x@y' } },
      { type: 'page', name: 'Home', category: 'Docs', userId: 'u', messageId: 'r3' },
      { type: 'screen', name: 'Main', userId: 'u', messageId: 'r4', properties: { dark: true }, integrations: { Mixpanel: false } },
      { type: 'group', groupId: 'g', userId: 'u', messageId: 'r5', traits: { plan: 'pro' } },
      { type: 'alias', previousId: 'old', userId: 'u', messageId: 'r6' },
      // Sent twice: visible once.
      { type: 'track', event: 'Twice', userId: 'u', messageId: 'r7', timestamp: '2026-01-02T03:04:05.678Z' },
      { type: 'track', event: 'Twice', userId: 'u', messageId: 'r7', timestamp: '2026-01-02T03:04:05.678Z' },
    ])
    await eventually(() => tool.events.size).toBe(7)
    const to = Date.now() + 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    await sendTracks(edge, ['too-late'])
    await publish([toTool('first', tool), toTool('second', other)])
    const range = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
    expect(await edge.admin('/admin/destinations/second/replay', 'POST', range)).toEqual({ replay: { from, to } })
    await eventually(async () => (await metricsOf('second')).replays).toBe(0)
    expect([...other.events.keys()].toSorted()).toEqual(idsOf('r', 7))
    expect(other.requests.flat()).toHaveLength(7)
    for (const [id, event] of other.events) {
      const streamed = tool.events.get(id)!
      // The warehouse's JSON has no null.
      const { n: _, ...a } = (streamed.properties?.['a'] ?? {}) as Record<string, unknown>
      expect(event).toEqual(id === 'r1' ? { ...streamed, properties: { ...streamed.properties, a } } : streamed)
    }
    await publish([])
  })

  test('survives kill -9: it goes on where it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-edge-'))
    open.push(() => rm(folder, { recursive: true, force: true }))
    const killed = await start({ folder, destinations: [toTool('long', tool, { types: ['identify'] })] })
    const from = Date.now()
    const ids = idsOf('s', 700)
    await sendTracks(killed, ids)
    await killed.flush()
    await killed.publish({ sources: edgeSources(['web']), destinations: [toTool('long', tool)] })
    tool.mood = (_, number) => (number === 4 ? 'hang' : undefined)
    await killed.admin('/admin/destinations/long/replay', 'POST', { from })
    await eventually(() => tool.requests.length).toBe(4)
    await killed.kill('SIGKILL')
    tool.mood = () => undefined
    const again = await start({ folder, destinations: [toTool('long', tool)] })
    await eventually(() => ids.filter((id) => !tool.events.has(id))).toEqual([])
    await eventually(async () => (await metricsOf('long', again)).replays).toBe(0)
    // Only what was on its way went twice.
    expect(tool.requests.flat().length).toBe(800)
    await again.stop()
  })

  test('can be called off', async () => {
    await publish([toTool('stopped', tool)])
    tool.mood = () => ({ status: 503 })
    await sendTracks(edge, ['c1'])
    await edge.admin('/admin/destinations/stopped/replay', 'POST', { from: 0 })
    await eventually(async () => (await metricsOf('stopped')).replays).toBe(1)
    expect(await edge.admin('/admin/destinations/stopped/replay', 'DELETE')).toEqual({ cancelled: 1 })
    expect((await metricsOf('stopped')).replays).toBe(0)
    await publish([])
  })
})

describe('the backlog of a destination that is away', () => {
  test('has a limit of its own: past it the oldest become dead letters, and accepting goes on', async () => {
    const small = await start({
      settings: { ...settings, SPOOL_MAX_BYTES: '200000' },
      destinations: [toTool('away', tool), toTool('here', other)],
    })
    tool.mood = () => ({ status: 429 })
    const ids = idsOf('x', 300)
    const text = 'x'.repeat(1000)
    for (let index = 0; index < ids.length; index += 10) {
      // Five times of what the spool may hold goes through it.
      await sendTracks(small, ids.slice(index, index + 10), { properties: { text } })
      await small.flush()
    }
    await eventually(() => ids.filter((id) => !other.events.has(id))).toEqual([])
    const away = await metricsOf('away', small)
    expect(away.backlog.bytes).toBeLessThanOrEqual(100_000)
    expect(away.backlog.maxBytes).toBe(100_000)
    const letters = await lettersOf('away', small)
    expect(letters).toMatchObject([{ code: 'backlog-full', events: away.dead }])
    expect(away.dead + away.backlog.events).toBe(300)
    expect((await small.metrics()).spool.bytes).toBe(away.backlog.bytes)
    await small.flush()
    const log = "SELECT sum(events) AS events FROM events.undelivered WHERE destination = 'away' AND code = 'backlog-full'"
    expect(await select(warehouse, log)).toEqual([{ events: String(away.dead) }])

    tool.mood = () => undefined
    expect(await small.admin('/admin/destinations/away/replay', 'POST', { all: true })).toEqual({ events: away.dead })
    await eventually(() => ids.filter((id) => !tool.events.has(id))).toEqual([])
    await eventually(() => metricsOf('away', small)).toMatchObject({ dead: 0, replays: 0, backlog: { events: 0 } })
    await small.stop()
  })

  test('has a limit of age', async () => {
    const hasty = await start({ settings: { ...settings, DELIVER_BACKLOG_AGE_MS: '1000' }, destinations: [toTool('slow', tool)] })
    tool.mood = () => ({ status: 429 })
    await sendTracks(hasty, ['y1', 'y2'])
    await eventually(() => lettersOf('slow', hasty)).toMatchObject([{ code: 'backlog-old', events: 2 }])
    tool.mood = () => undefined
    await sendTracks(hasty, ['y3'])
    await eventually(() => [...tool.events.keys()]).toEqual(['y3'])
    await hasty.stop()
  })
})
