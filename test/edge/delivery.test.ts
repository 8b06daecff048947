import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge, type TestEdgeOptions } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { startFakeClickHouse } from './fake-clickhouse.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
const open: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  warehouse = await startTestWarehouse()
})
afterAll(async () => {
  for (const close of open.toReversed()) await close()
  await warehouse?.stop()
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-edge-'))
  open.push(() => rm(path, { recursive: true, force: true }))
  return path
}

async function start(options: Partial<TestEdgeOptions> = {}): Promise<TestEdge> {
  const edge = await startTestEdge({ warehouse, ...options })
  open.push(() => edge.stop())
  return edge
}

async function batch(edge: TestEdge, events: object[], extra: object = {}) {
  return fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch: events, ...extra }),
    headers: { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` },
  })
}

const track = (event: string, messageId: string, more: object = {}) => ({ type: 'track', event, userId: 'u', messageId, ...more })
const count = async (event: string) =>
  (await select(warehouse, `SELECT message_id, count() AS n FROM events.all FINAL WHERE event = '${event}' GROUP BY message_id`)).map(
    ({ n }) => Number(n),
  )

describe('200 means durable', () => {
  test('events survive kill -9 of workerd, and arrive once', async () => {
    const kept = await folder()
    // So long an interval that nothing is flushed before the kill.
    const first = await start({ folder: kept, settings: { FLUSH_INTERVAL_MS: '600000' } })
    for (let index = 0; index < 20; index++) expect((await batch(first, [track('Killed', `k${index}`)])).status).toBe(200)
    await first.kill('SIGKILL')
    const second = await start({ folder: kept })
    expect((await second.metrics()).sources['web']!.accepted).toBe(20)
    await second.flush()
    expect(await count('killed')).toEqual(Array.from({ length: 20 }, () => 1))
    await second.stop()
  })

  test('what an earlier run left is flushed without a new event', async () => {
    const kept = await folder()
    const first = await start({ folder: kept, settings: { FLUSH_INTERVAL_MS: '600000' } })
    await batch(first, [track('Left Behind', 'l1')])
    await first.kill('SIGKILL')
    const second = await start({ folder: kept })
    await expect.poll(async () => (await second.metrics()).spool.events, { timeout: 30_000 }).toBe(0)
    expect(await count('left_behind')).toEqual([1])
    await second.stop()
  })

  test('the answer does not wait for the warehouse, and nothing is lost while it refuses the password', async () => {
    const kept = await folder()
    const wrong = await start({ folder: kept, warehouse: { ...warehouse, password: 'wrong' } })
    expect((await batch(wrong, [track('Mended', 'w1'), track('Mended', 'w2')])).status).toBe(200)
    await expect(wrong.flush()).rejects.toThrow('warehouse-auth')
    expect((await wrong.metrics()).spool.events).toBe(2)
    await wrong.stop()
    const mended = await start({ folder: kept })
    await mended.flush()
    expect(await count('mended')).toEqual([1, 1])
    await mended.stop()
  })

  test('a full spool answers 503 with Retry-After, and keeps what it has', async () => {
    const edge = await start({ warehouse: { ...warehouse, url: 'http://127.0.0.1:1' }, settings: { SPOOL_MAX_BYTES: '20000' } })
    const answers = []
    for (let index = 0; index < 12; index++)
      answers.push(await batch(edge, [track('Full', `f${index}`, { properties: { text: 'x'.repeat(3000) } })]))
    const accepted = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 503)
    expect([accepted.length > 0, refused.length > 0, accepted.length + refused.length]).toEqual([true, true, 12])
    expect(refused[0]!.headers.get('retry-after')).toMatch(/^\d+$/)
    expect((await edge.metrics()).spool.events).toBe(accepted.length)
    await edge.stop()
  })
})

describe('a flush', () => {
  test('that is repeated after a lost acknowledgement sends the same rows with the same token', async () => {
    const inserts: { token: string | null; lines: string }[] = []
    // A ClickHouse that stores and then drops the connection, the first time.
    const fake = await startFakeClickHouse(({ table, token, lines, request, response }) => {
      const repeated = inserts.some((insert) => insert.token === token)
      if (table === 'all') inserts.push({ token, lines: lines.join('\n') })
      if (repeated || table !== 'all') response.end('')
      else request.socket.destroy()
    })
    open.push(fake.close)
    const edge = await start({ warehouse: fake.address, settings: { RETRY_MAX_DELAY_MS: '100' } })
    await batch(edge, [track('Lost Ack', 'a1')])
    await edge.flush().catch(() => undefined)
    await batch(edge, [track('Lost Ack', 'a2')])
    await expect.poll(async () => (await edge.metrics()).spool.events, { timeout: 20_000 }).toBe(0)
    const first = inserts.filter(({ token }) => token === inserts[0]!.token)
    expect(first.length).toBeGreaterThan(1)
    expect(new Set(first.map(({ lines }) => lines)).size).toBe(1)
    await edge.stop()
  })

  test('isolates the row that the warehouse refuses, and stores the others', async () => {
    const stored: string[] = []
    const rejected: string[] = []
    const fake = await startFakeClickHouse(({ table, lines, response }) => {
      if (table === 'rejected') rejected.push(...lines)
      else if (lines.some((line) => line.includes('"poison"'))) {
        response.writeHead(400, { 'x-clickhouse-exception-code': '117' })
        response.end('Code: 117. DB::Exception: Cannot parse JSON object here. (INCORRECT_DATA)')
        return
      } else stored.push(...lines)
      response.end('')
    })
    open.push(fake.close)
    const edge = await start({ warehouse: fake.address })
    const events = Array.from({ length: 40 }, (_, index) => track('P', `p${index}`, { properties: index === 17 ? { poison: true } : {} }))
    await batch(edge, events)
    await edge.flush()
    expect(stored).toHaveLength(39)
    expect(rejected.map((line) => JSON.parse(line))).toMatchObject([{ reason: 'warehouse-refused', message_id: 'p17', source: 'web' }])
    expect(JSON.parse(rejected[0]!).message).toContain('Code: 117')
    await edge.stop()
  })

  test('a view that cannot be made holds up no row, nor does it after a restart', async () => {
    const stored: string[] = []
    const fake = await startFakeClickHouse(
      ({ table, lines, response }) => {
        if (table === 'all') stored.push(...lines)
        response.end('')
      },
      (sql) => /VIEW `events`\.`tracks`/.test(sql),
    )
    open.push(fake.close)
    const kept = await folder()
    for (const id of ['v1', 'v2']) {
      const edge = await start({ warehouse: fake.address, folder: kept })
      await batch(edge, [track('Without View', id)])
      await expect.poll(() => stored.length).toBe(Number(id.slice(1)))
      await expect.poll(async () => (await edge.metrics()).spool.events).toBe(0)
      expect((await edge.metrics()).flush.lastError?.code).toBe('warehouse-error')
      await edge.stop()
    }
  })

  test('of what one insert holds at most makes a compact part: names without end would make a wide one of more files than may be open', async () => {
    const edge = await start({ settings: { FLUSH_INTERVAL_MS: '600000' } })
    for (let request = 0; request < 4; request++) {
      const events = Array.from({ length: 120 }, (_, index) =>
        track('Large', `l${request}-${index}`, { properties: { text: `${request}-${index}`.padEnd(30_000, 'x') } }),
      )
      expect((await batch(edge, events)).status).toBe(200)
    }
    await edge.flush()
    const parts = await select(warehouse, "SELECT DISTINCT part_type FROM system.parts WHERE database = 'events' AND table = 'all'")
    expect(parts).toEqual([{ part_type: 'Compact' }])
    await edge.stop()
  })

  test('makes the tables anew when they have gone', async () => {
    const edge = await start()
    await batch(edge, [track('Before Drop', 'd1')])
    await edge.flush()
    // Views and sightings too: they must come back of what the collector remembers.
    for (const name of ['TABLE events.rejected', 'TABLE events.seen', 'VIEW events.before_drop']) {
      const drop = await fetch(warehouse.url, {
        method: 'POST',
        body: `DROP ${name}`,
        headers: { 'x-clickhouse-user': warehouse.user, 'x-clickhouse-key': warehouse.password },
      })
      expect(drop.status).toBe(200)
    }
    await batch(edge, [track('After Drop', 'd2'), { nope: 1 }])
    await edge.flush().catch(() => undefined)
    await expect.poll(async () => (await edge.metrics()).spool.events, { timeout: 20_000 }).toBe(0)
    await edge.flush()
    expect(await count('after_drop')).toEqual([1])
    expect(await count('before_drop')).toEqual([1])
    expect(await select(warehouse, "SELECT payload FROM events.rejected FINAL WHERE reason = 'missing-type'")).toEqual([
      { payload: '{"nope":1}' },
    ])
    await edge.stop()
  })
})

describe('a second collector', () => {
  test('is told that the port is taken, or the folder in use', async () => {
    const edge = await start()
    await expect(start({ port: edge.port })).rejects.toMatchObject({ code: 'port-taken' })
    await expect(start({ folder: edge.folder })).rejects.toMatchObject({ code: 'folder-locked' })
    await edge.stop()
  })
})
