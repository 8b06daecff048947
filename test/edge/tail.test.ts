import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type TailEvent, tailMessageSchema } from '#core/event/tail.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { startFakeClickHouse } from './fake-clickhouse.ts'
import { idsOf, sendEvents, sendTracks } from './send-events.ts'

let warehouse: Awaited<ReturnType<typeof startFakeClickHouse>>
let edge: TestEdge
const open: Viewer[] = []
beforeAll(async () => {
  warehouse = await startFakeClickHouse(({ response }) => response.end(''))
  edge = await startTestEdge({ warehouse: warehouse.address, sources: ['web', 'app'], settings: { SPOOL_SHARDS: '3' } })
})
afterEach(() => {
  for (const { socket } of open.splice(0)) socket.terminate()
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.close()
})

interface Viewer {
  socket: WebSocket
  events: TailEvent[]
  skipped: number
  /** Answers it has not given. */
  owed: string[]
}

/** @param answers false: it reads, and never answers that it has */
async function watch(query = '', { of = edge, answers = true } = {}): Promise<Viewer> {
  const socket = new WebSocket(`${of.url.replace('http', 'ws')}/admin/tail${query}`, {
    headers: { authorization: `Bearer ${of.adminToken}` },
  })
  const viewer: Viewer = { socket, events: [], skipped: 0, owed: [] }
  open.push(viewer)
  socket.on('message', (data: Buffer) => {
    if (data.toString() === 'pong') return
    const { shard, seq, events, skipped } = tailMessageSchema.parse(JSON.parse(data.toString()))
    viewer.events.push(...events)
    viewer.skipped += skipped
    const ack = JSON.stringify({ ack: { shard, seq } })
    if (answers) socket.send(ack)
    else viewer.owed.push(ack)
  })
  await once(socket, 'open')
  return viewer
}
const idsIn = ({ events }: Viewer) => events.map(({ messageId }) => messageId).toSorted()
const post = (body: object, source = 'web') =>
  fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Basic ${btoa(`${edge.writeKey(source)}:`)}` },
  })
const bearer = (token: string) => `bearer.${Buffer.from(token).toString('base64url')}`
const get = async (path: string) => {
  const response = await fetch(edge.url + path, { headers: { authorization: `Bearer ${edge.adminToken}` } })
  return [response.status, ((await response.json()) as { error: { code: string; field?: string } }).error]
}

test('a viewer sees events as they come in, and those that were refused with the reason', async () => {
  const viewer = await watch()
  await post({
    batch: [
      { type: 'track', event: 'Order Done', messageId: 't1', userId: 'u1', properties: { total: 12345678901234567890n.toString() } },
      { type: 'track', messageId: 't2', userId: 'u2' },
    ],
  })
  await eventually(() => idsIn(viewer)).toEqual(['t1', 't2'])
  const [taken, refused] = viewer.events.toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1))
  expect(taken).toMatchObject({
    source: 'web',
    type: 'track',
    name: 'Order Done',
    userId: 'u1',
    payload: { event: 'Order Done', receivedAt: expect.any(String) },
  })
  expect(taken!.rejected).toBeUndefined()
  expect(refused).toMatchObject({
    userId: 'u2',
    rejected: { reason: 'missing-field', path: 'event' },
    payload: { type: 'track', messageId: 't2', userId: 'u2' },
  })
})

test('each viewer sees what it asks for, and no more', async () => {
  const queries = ['?source=app', '?type=page', '?event=DONE', '?user=f-u', '?rejected=true', '?rejected=false&source=web']
  const viewers = await Promise.all(queries.map((query) => watch(query)))
  await sendEvents(edge, [{ type: 'track', event: 'Order Done', messageId: 'f1', userId: 'x' }], 'app')
  await sendEvents(edge, [
    { type: 'page', name: 'Home', messageId: 'f2', anonymousId: 'f-u' },
    { type: 'track', event: 'Other', messageId: 'f3', userId: 'f-u2' },
  ])
  await post({ batch: [{ type: 'track', event: '', messageId: 'f4', userId: 'f-u' }] })
  // What is last to come shows that nothing else is on its way.
  await sendEvents(edge, [{ type: 'page', name: 'done', messageId: 'f9', userId: 'f-u' }], 'app')
  await post({ batch: [{ type: 'no type', messageId: 'f9-rejected', userId: 'y' }] }, 'app')
  await sendEvents(edge, [{ type: 'track', event: 'End', messageId: 'f9-web', userId: 'y' }])
  await eventually(() => viewers.map((viewer) => idsIn(viewer).join(' '))).toEqual([
    'f1 f9 f9-rejected',
    'f2 f9',
    'f1 f9',
    'f2 f4 f9',
    'f4 f9-rejected',
    'f2 f3 f9-web',
  ])
})

test('more events than can be shown are counted, and a viewer who does not answer is shown a few and told how many it missed', async () => {
  const [quick, slow] = await Promise.all([watch('?rejected=false'), watch('?rejected=false', { answers: false })])
  const ids = idsOf('many-', 3000)
  for (let index = 0; index < ids.length; index += 300) await sendTracks(edge, ids.slice(index, index + 300))
  await eventually(() => quick.events.length + quick.skipped).toBe(3000)
  expect(quick.events.length).toBeGreaterThan(0)
  expect(quick.skipped).toBeGreaterThan(0)
  // Of each shard no more than four messages of forty.
  expect(slow.events.length).toBeLessThanOrEqual(3 * 4 * 40)
  for (const ack of slow.owed) slow.socket.send(ack)
  await eventually(() => slow.events.length + slow.skipped).toBe(3000)
  await sendTracks(edge, ['after-the-flood'])
  await eventually(() => idsIn(quick).includes('after-the-flood')).toBe(true)
})

test.each(['not JSON', '{"ack": 1}', '[]'])('a viewer who says %s is sent away', async (text) => {
  const { socket } = await watch()
  socket.send(text)
  await once(socket, 'close')
})

test('a viewer is told that the other end is there', async () => {
  const { socket } = await watch()
  socket.send('ping')
  const [answer] = (await once(socket, 'message')) as [Buffer]
  expect(answer.toString()).toBe('pong')
})

test('only who has the token watches: in a header, or as a subprotocol, and from no page of another site', async () => {
  const url = `${edge.url.replace('http', 'ws')}/admin/tail`
  const attempt = async (protocols: string[], options: object = {}) => {
    const socket = new WebSocket(url, protocols, options)
    const outcome = await new Promise<string | number>((resolve) => {
      socket.on('open', () => resolve(socket.protocol))
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode!))
      socket.on('error', () => resolve('error'))
    })
    socket.terminate()
    return outcome
  }
  expect(await attempt(['millrace.tail', bearer(edge.adminToken)])).toBe('millrace.tail')
  expect(await attempt(['millrace.tail', bearer(edge.adminToken)], { origin: 'http://localhost:5173' })).toBe('millrace.tail')
  expect(await attempt(['millrace.tail', bearer(edge.adminToken)], { origin: 'https://evil.example' })).toBe(403)
  expect(await attempt(['millrace.tail', bearer('wrong')])).toBe(401)
  expect(await attempt(['millrace.tail', 'bearer.%'])).toBe(401)
  expect(await attempt([])).toBe(401)
  expect(await attempt([], { headers: { authorization: `Bearer ${edge.writeKey('web')}` } })).toBe(401)
})

test('what is no WebSocket, or filters by what there is not, is told so', async () => {
  expect(await get('/admin/tail')).toMatchObject([426, { code: 'websocket-only' }])
  expect(await get('/admin/tail?type=nonsense')).toMatchObject([400, { code: 'invalid-request', field: 'type' }])
  expect(await get('/admin/tail?colour=red')).toMatchObject([400, { code: 'invalid-request' }])
})
