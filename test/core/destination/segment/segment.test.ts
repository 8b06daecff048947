import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleEvent } from '#core/connector/example.ts'
import { segment } from '#core/destination/segment/index.ts'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { testRuntime } from '#test/fixture/runtime.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from '#test/edge/warehouse-query.ts'

let warehouse: TestWarehouse
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({ warehouse })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
})

const rows = (sql: string) => select(warehouse, sql)
const config = () => segment.config.parse({ url: edge.url, write_key: edge.writeKey('web') })

test('a real collector takes every call type, as it was, and a repeat once', async () => {
  const times = { timestamp: '2026-06-01T12:00:00.123Z', originalTimestamp: '2026-06-01T13:00:00.123Z', sentAt: '2026-06-01T13:00:01.000Z' }
  const user = { userId: 'u1', anonymousId: 'a1', context: { page: { path: '/shop' } }, ...times }
  const events = [
    sampleEvent({ ...user, type: 'track', messageId: 'm1', event: 'Order Completed', properties: { total: 1.5 } }),
    sampleEvent({ ...user, type: 'identify', messageId: 'm2', traits: { email: 'ada@shop.example' } }),
    sampleEvent({
      ...user,
      type: 'page',
      messageId: 'm3',
      name: 'Shop',
      category: 'Wholesale',
      properties: { url: 'https://shop.example/' },
    }),
    sampleEvent({ ...user, type: 'screen', messageId: 'm4', name: 'Start' }),
    sampleEvent({ ...user, type: 'group', messageId: 'm5', groupId: 'g1', traits: { name: 'Firm' } }),
    sampleEvent({ ...user, type: 'alias', messageId: 'm6', previousId: 'a0' }),
    sampleEvent({ ...user, type: 'track', messageId: 'x'.repeat(300), event: 'Order Completed', properties: { total: 2 } }),
  ]
  for (const _try of [1, 2]) {
    const outcomes = await segment.events!.deliver(config(), events, testRuntime())
    expect(outcomes.map(({ status }) => status)).toEqual(events.map(() => 'accepted'))
  }
  await edge.flush()
  expect(
    await rows('SELECT user_id, anonymous_id, total, context_page_path, timestamp FROM events.order_completed ORDER BY total'),
  ).toEqual(
    [1.5, 2].map((total) => ({
      user_id: 'u1',
      anonymous_id: 'a1',
      total,
      context_page_path: '/shop',
      timestamp: '2026-06-01 12:00:00.123',
    })),
  )
  expect(await rows('SELECT type, count() AS n FROM events.all FINAL GROUP BY type ORDER BY type')).toEqual([
    { type: 'alias', n: '1' },
    { type: 'group', n: '1' },
    { type: 'identify', n: '1' },
    { type: 'page', n: '1' },
    { type: 'screen', n: '1' },
    { type: 'track', n: '2' },
  ])
  expect(await rows('SELECT count() AS n FROM events.rejected')).toEqual([{ n: '0' }])
})

test('rows become users and groups of it; an unknown key stalls them', async () => {
  const batch = { sync: 's', operation: 'upsert' as const, rows: [{ key: 'u7', fields: { plan: 'pro' } }] }
  expect(await segment.rows!.deliver(config(), { ...batch, object: 'users' }, testRuntime())).toEqual([{ status: 'accepted' }])
  expect(await segment.rows!.deliver(config(), { ...batch, object: 'groups' }, testRuntime())).toEqual([{ status: 'accepted' }])
  await edge.flush()
  expect(await select(warehouse, "SELECT id, plan FROM events.users WHERE id = 'u7'")).toEqual([{ id: 'u7', plan: 'pro' }])
  const wrong = segment.config.parse({ url: edge.url, write_key: 'nobody' })
  await expect(segment.rows!.deliver(wrong, { ...batch, object: 'users' }, testRuntime())).rejects.toMatchObject({
    code: 'destination-auth',
  })
  await expect(segment.rows!.deliver(config(), { ...batch, object: 'user' }, testRuntime())).rejects.toMatchObject({
    code: 'unknown-object',
    mend: 'Did you mean "users"?',
  })
  expect(await segment.check(config(), testRuntime())).toMatchObject({ ok: true })
  expect(await segment.check(wrong, testRuntime())).toMatchObject({ ok: false, error: { code: 'destination-auth' } })
})
