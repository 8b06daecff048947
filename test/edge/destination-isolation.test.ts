import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { type EventTool, type Mood, startEventTool, toTool } from '#test/fixture/event-tool.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { startFakeClickHouse } from './fake-clickhouse.ts'
import { idsOf, sendTracks } from './send-events.ts'

// Two destinations and a warehouse side by side: what one of them suffers the others must not notice.
const stored = new Set<string>()
let warehouse: Awaited<ReturnType<typeof startFakeClickHouse>>
let sick: EventTool
let well: EventTool
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startFakeClickHouse(({ lines, table, response }) => {
    if (table === 'all') for (const line of lines) stored.add((JSON.parse(line) as { message_id: string }).message_id)
    response.end('')
  })
  ;[sick, well] = await Promise.all([startEventTool(), startEventTool()])
  edge = await startTestEdge({
    warehouse: warehouse.address,
    destinations: [toTool('sick', sick), toTool('well', well)],
    settings: { DELIVER_MAX_DELAY_MS: '300', DELIVER_INTERVAL_MS: '50', DELIVER_ATTEMPTS: '3' },
  })
})
afterAll(async () => {
  await edge?.stop()
  await sick?.stop()
  await well?.stop()
  await warehouse?.close()
})
beforeEach(() => {
  sick.mood = () => undefined
  sick.requests.length = 0
})

const missing = (ids: readonly string[], has: (id: string) => boolean) => ids.filter((id) => !has(id))

test.each<[string, (ids: string[], number: number) => Mood]>([
  ['down', () => ({ status: 503 })],
  ['hanging', () => 'hang'],
  ['throttled', () => ({ status: 429, headers: { 'retry-after': '1' } })],
  ['half-dead', (_, number) => (number % 2 === 0 ? undefined : { status: 500 })],
  ['taking and not answering', (_, number) => (number % 2 === 0 ? undefined : 'reset-after')],
])('a destination that is %s delays neither the other nor the warehouse, and gets everything once it is well', async (name, mood) => {
  sick.mood = mood
  const ids = idsOf(`${name}-`, 300)
  for (let index = 0; index < ids.length; index += 60) await sendTracks(edge, ids.slice(index, index + 60))
  await eventually(() => missing(ids, (id) => well.events.has(id))).toEqual([])
  await eventually(() => missing(ids, (id) => stored.has(id))).toEqual([])
  const away = ['down', 'hanging', 'throttled'].includes(name)
  if (away) expect(missing(ids, (id) => sick.events.has(id))).toEqual(ids)
  if (name === 'down') {
    await eventually(async () => (await edge.metrics()).destinations['sick']).toMatchObject({
      state: 'waiting',
      backlog: { events: 300 },
      lastError: { code: 'destination-unavailable' },
    })
  }
  if (away) sick.mood = () => undefined
  await eventually(() => missing(ids, (id) => sick.events.has(id))).toEqual([])
  await eventually(async () => (await edge.metrics()).destinations['sick']).toMatchObject({
    backlog: { events: 0 },
    dead: 0,
    state: 'active',
  })
  await edge.flush()
  // What everybody has is gone from the disk.
  await eventually(async () => (await edge.metrics()).spool).toMatchObject({ events: 0, bytes: 0 })
})

test('an event that fails each time is set aside, and in the end a dead letter; the others go on', async () => {
  sick.mood = (ids) => (ids.includes('poison-7') ? { status: 500 } : undefined)
  const ids = idsOf('poison-', 40)
  await sendTracks(edge, ids)
  await eventually(() => missing(ids, (id) => sick.events.has(id))).toEqual(['poison-7'])
  // A try counts only when the tool took something meanwhile.
  let more = 0
  await eventually(async () => {
    await sendTracks(edge, [`after-${++more}`])
    return (await edge.metrics()).destinations['sick']!.dead
  }).toBe(1)
  const { letters } = await edge.admin('/admin/destinations/sick/dead')
  expect(letters).toMatchObject([
    { code: 'destination-unavailable', messageId: 'poison-7', events: 1, event: { event: 'Ping', source: 'web' } },
  ])
  await edge.admin('/admin/destinations/sick/drop', 'POST', { ids: [letters[0].id] })
  expect((await edge.metrics()).destinations['sick']!.dead).toBe(0)
})
