import { Analytics } from '@segment/analytics-node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

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

test("Segment's Node SDK, unmodified but for host and key: every call arrives, complete and once", async () => {
  const analytics = new Analytics({ writeKey: edge.writeKey('web'), host: edge.url, flushAt: 20 })
  const errors: unknown[] = []
  analytics.on('error', (error) => errors.push(error))
  const timestamp = new Date('2026-06-01T12:00:00.123Z')
  analytics.identify({ userId: 'u1', traits: { email: 'u1@shop.example', age: 30 } })
  analytics.page({ userId: 'u1', name: 'Wholesale', category: 'Shop', properties: { url: 'https://shop.example/wholesale' } })
  analytics.screen({ anonymousId: 'a1', name: 'Start' })
  analytics.group({ userId: 'u1', groupId: 'g1', traits: { name: 'Shop' } })
  analytics.alias({ userId: 'u1', previousId: 'a1' })
  for (let index = 0; index < 100; index++) {
    analytics.track({ userId: 'u1', event: 'Order Completed', timestamp, properties: { order_id: `o${index}`, total: index + 0.5 } })
  }
  await analytics.flush()
  await edge.flush()
  expect(errors).toEqual([])
  expect(
    await rows('SELECT count() AS n, uniqExact(order_id) AS orders, sum(total) AS total, max(timestamp) AS at FROM events.order_completed'),
  ).toEqual([{ n: '100', orders: '100', total: 5000, at: '2026-06-01 12:00:00.123' }])
  expect(await rows('SELECT id, email, age FROM events.users')).toEqual([{ id: 'u1', email: 'u1@shop.example', age: '30' }])
  expect(await rows('SELECT name, category, url, context_library_name FROM events.pages')).toEqual([
    { name: 'Wholesale', category: 'Shop', url: 'https://shop.example/wholesale', context_library_name: '@segment/analytics-node' },
  ])
  expect(await rows('SELECT anonymous_id, name FROM events.screens')).toEqual([{ anonymous_id: 'a1', name: 'Start' }])
  expect(await rows('SELECT group_id, name FROM events.groups')).toEqual([{ group_id: 'g1', name: 'Shop' }])
  expect(await rows('SELECT previous_id, user_id FROM events.aliases')).toEqual([{ previous_id: 'a1', user_id: 'u1' }])
  expect(await rows('SELECT count() AS n FROM events.rejected')).toEqual([{ n: '0' }])
})
