import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { type EventTool, startEventTool, toTool } from '#test/fixture/event-tool.ts'
import { eventually } from '#test/fixture/eventually.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
let tool: EventTool
let crm: { server: Server; url: string; deletions: unknown[] }
let edge: TestEdge
const settings = { SUPPRESSION_DELAY_MS: '400', DELIVER_INTERVAL_MS: '50', DELIVER_MAX_DELAY_MS: '300' }
const folder = mkdtempSync(join(tmpdir(), 'millrace-users-'))
const start = () => startTestEdge({ warehouse, settings, folder: join(folder, 'edge'), destinations: destinations() })
const destinations = () => [
  toTool('stuck', tool),
  toTool('crm', crm, { include: ['Nothing'], types: ['track'] }),
  { name: 'charts', connector: 'amplitude', config: { api_key: 'key' }, events: { enabled: false } },
]
beforeAll(async () => {
  ;[warehouse, tool, crm] = await Promise.all([startTestWarehouse({ folder: join(folder, 'warehouse') }), startEventTool(), startCrm()])
  edge = await start()
})
afterAll(async () => {
  await edge?.stop()
  await tool?.stop()
  crm?.server.close()
  await warehouse?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A tool that takes rows, and keeps what it is told to delete. */
async function startCrm() {
  const deletions: unknown[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      deletions.push(JSON.parse(body))
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, deletions }
}

async function send(...batch: object[]): Promise<Response> {
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch }),
    headers: { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` },
  })
  expect(response.status).toBe(200)
  return response
}
const track = (messageId: string, user: object) => ({ type: 'track', event: 'Seen', messageId, ...user })
const stored = async () =>
  (await select<{ message_id: string }>(warehouse, 'SELECT message_id FROM events.all FINAL ORDER BY message_id')).map(
    (row) => row.message_id,
  )
const dropped = async () => (await edge.metrics()).sources['web']?.dropped['suppressed'] ?? 0

describe('a suppressed user', () => {
  test('is not stored, whatever is sent: the answer is 200, and a count is all that is kept', async () => {
    expect(await edge.admin('/admin/suppressions', 'PUT', { userIds: ['s1', '77'], anonymousIds: ['a1'] })).toEqual({ added: 3, count: 3 })
    expect(await edge.admin('/admin/suppressions', 'PUT', { userIds: ['s1'] })).toEqual({ added: 0, count: 3 })
    const answer = await send(
      track('s-1', { userId: 's1' }),
      track('s-2', { userId: 77 }),
      track('s-3', { userId: 'known', anonymousId: 'a1' }),
      { type: 'alias', messageId: 's-4', userId: 'fresh', previousId: 's1' },
      { type: 'no such type', messageId: 's-5', userId: 's1' },
      track('k-1', { userId: 'known', anonymousId: 'a2' }),
    )
    expect(await answer.json()).toEqual({ success: true })
    await edge.flush()
    expect(await stored()).toEqual(['k-1'])
    expect(await select(warehouse, 'SELECT count() AS rows FROM events.rejected')).toEqual([{ rows: '0' }])
    expect(await dropped()).toBe(5)
    expect((await edge.admin('/admin/suppressions?limit=1')).suppressions).toHaveLength(1)
    expect((await edge.admin('/admin/suppressions?userId=s1&userId=known&anonymousId=a1')).suppressions).toMatchObject([
      { kind: 'user', id: 's1' },
      { kind: 'anonymous', id: 'a1' },
    ])
  })

  test('stays so when the collector starts again, until released', async () => {
    await edge.kill('SIGKILL')
    edge = await start()
    await send(track('s-6', { userId: 's1' }))
    expect(await dropped()).toBe(6)
    expect(await edge.admin('/admin/suppressions', 'DELETE', { userIds: ['s1', 'nobody'] })).toEqual({ removed: 1, count: 2 })
    await send(track('k-2', { userId: 's1' }))
    await edge.flush()
    expect(await stored()).toEqual(['k-1', 'k-2'])
  })
})

describe('a deletion', () => {
  test('removes users from the warehouse, the spool, what waits for destinations and dead letters, and tells destinations', async () => {
    // It refuses one event and takes no other: so one is a dead letter, and the others are in the spool.
    tool.mood = (ids) => {
      if (ids.includes('x-dead')) return { status: 422, body: { message: 'no' } }
      // What has no messageId is no event: it is told of the deletion.
      return ids[0] === undefined ? undefined : { status: 503 }
    }
    await send(track('x-dead', { userId: 'gone' }))
    await eventually(async () => (await edge.metrics()).destinations['stuck']!.dead).toBe(1)
    await send(
      track('x-1', { userId: 'gone' }),
      track('x-2', { userId: 'stays', anonymousId: 'gone-too' }),
      track('y-1', { userId: 'stays', anonymousId: 'other' }),
      { type: 'alias', messageId: 'x-3', userId: 'stays', previousId: 'gone' },
      { type: 'track', messageId: 'bad-1', userId: 'gone' },
      { type: 'track', messageId: 'bad-2', userId: 'stays', note: 'not gone' },
    )
    await edge.flush()
    expect(await stored()).toEqual(['k-1', 'k-2', 'x-1', 'x-2', 'x-3', 'x-dead', 'y-1'])
    // And one that is in the spool when it is asked for.
    await send(track('x-4', { userId: 'gone' }))
    const { deletion } = await edge.admin('/admin/deletions', 'POST', { userIds: ['gone'], anonymousIds: ['gone-too'] })
    expect(deletion).toMatchObject({ state: 'waiting', users: { userIds: ['gone'], anonymousIds: ['gone-too'] } })
    const release = await fetch(`${edge.url}/admin/suppressions`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${edge.adminToken}` },
      body: '{"userIds":["gone"]}',
    })
    expect([release.status, await release.json()]).toMatchObject([409, { error: { code: 'deletion-pending' } }])
    await send(track('x-5', { userId: 'gone' }))

    const now = async () => (await edge.admin(`/admin/deletions/${deletion.id}`)).deletion
    await eventually(async () => (await now()).state).toBe('done')
    expect(await now()).toMatchObject({
      rows: 6,
      failures: 0,
      destinations: [
        { destination: 'stuck', outcome: 'told' },
        { destination: 'crm', outcome: 'told' },
        { destination: 'charts', outcome: 'by-hand', message: expect.stringContaining('Amplitude') },
      ],
    })
    expect(crm.deletions).toMatchObject([{ operation: 'delete', object: 'users', rows: [{ key: 'gone' }, { key: 'gone-too' }] }])
    expect(await stored()).toEqual(['k-1', 'k-2', 'y-1'])
    expect(await select(warehouse, "SELECT payload LIKE '%stays%' AS theirs FROM events.rejected FINAL")).toEqual([{ theirs: 1 }])
    expect((await edge.admin('/admin/destinations/stuck/dead')).letters).toEqual([])
    tool.mood = () => undefined
    await send(track('y-2', { userId: 'stays' }))
    await eventually(() => [...tool.events.keys()].filter((id) => id !== undefined).toSorted()).toEqual(['k-1', 'k-2', 'y-1', 'y-2'])
    expect((await edge.admin('/admin/deletions')).deletions.map(({ id }: { id: string }) => id)).toEqual([deletion.id])
  })

  test('is done, whatever ends the process, and waits for a warehouse that is away', async () => {
    tool.mood = () => undefined
    await send(track('z-1', { userId: 'last' }))
    await edge.flush()
    const port = Number(new URL(warehouse.url).port)
    await warehouse.kill('SIGKILL')
    const { deletion } = await edge.admin('/admin/deletions', 'POST', { userIds: ['last'] })
    const now = async () => (await edge.admin(`/admin/deletions/${deletion.id}`)).deletion
    await eventually(now).toMatchObject({ state: 'deleting', lastError: { code: 'warehouse-unreachable' } })
    await edge.kill('SIGKILL')
    warehouse = await startTestWarehouse({ folder: warehouse.folder, port })
    edge = await start()
    await eventually(now).toMatchObject({ state: 'done' })
    expect(await stored()).toEqual(['k-1', 'k-2', 'y-1', 'y-2'])
  })

  test('is done though its steps follow each other within a millisecond', async () => {
    const fast = await startTestEdge({ warehouse, settings: { SUPPRESSION_DELAY_MS: '1' } })
    try {
      for (let turn = 0; turn < 30; turn += 1) {
        const { deletion } = await fast.admin('/admin/deletions', 'POST', { userIds: [`nobody-${turn}`] })
        await eventually(async () => (await fast.admin(`/admin/deletions/${deletion.id}`)).deletion.state).toBe('done')
      }
    } finally {
      await fast.stop()
    }
  })
})

test.each([
  ['no user', {}, ''],
  ['an empty id', { userIds: [''] }, 'userIds.0'],
  ['something else', { users: ['u'] }, ''],
  ['too many', { userIds: Array.from({ length: 1001 }, (_, index) => `u${index}`) }, 'userIds'],
])('what names %s is refused', async (_, body, field) => {
  for (const [path, method] of [
    ['/admin/suppressions', 'PUT'],
    ['/admin/suppressions', 'DELETE'],
    ['/admin/deletions', 'POST'],
  ]) {
    const headers = { authorization: `Bearer ${edge.adminToken}` }
    const response = await fetch(edge.url + path, { method: method!, headers, body: JSON.stringify(body) })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid-request', ...(field === '' ? {} : { field }) } })
    expect((await fetch(edge.url + path, { method: method!, body: JSON.stringify(body) })).status).toBe(401)
  }
})
