import { jitsuAnalytics } from '@jitsu/js'
import RudderAnalytics from '@rudderstack/rudder-sdk-node'
import { Analytics } from '@segment/analytics-node'
import { PostHog } from 'posthog-node'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { type FaultyProxy, startFaultyProxy } from '#test/fixture/faulty-proxy.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

// Every SDK as it comes from npm: nothing but host and key is set, and how soon it sends. A source each.
let warehouse: TestWarehouse
let edge: TestEdge
let proxy: FaultyProxy
const jitsuKey = 'source-of-jitsu:its-secret'
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({
    warehouse,
    sources: ['segment', 'rudder', 'posthog', 'newer', { kind: 'sdk', name: 'jitsu', write_key: jitsuKey }],
  })
  proxy = await startFaultyProxy(edge.url)
})
beforeEach(() => {
  proxy.faults = []
  proxy.posts = []
})
afterAll(async () => {
  await proxy?.close()
  await edge?.stop()
  await warehouse?.stop()
})

const rows = (sql: string) => select(warehouse, sql)

/** All that the warehouse has of a source, in the order of the fields given; each event once. */
async function eventsOf(source: string) {
  await edge.flush()
  const found = await rows(
    `SELECT type, event_text, user_id, anonymous_id, group_id, previous_id, name, message_id, original_timestamp, sent_at, properties, traits, context
     FROM events.all FINAL WHERE source = '${source}' ORDER BY original_timestamp, type`,
  )
  expect(new Set(found.map((row) => row['message_id'])).size).toBe(found.length)
  expect(await rows(`SELECT reason, message, payload FROM events.rejected WHERE source = '${source}'`)).toEqual([])
  return found
}
const ofType = (found: Record<string, any>[], type: string) => found.filter((row) => row['type'] === type)
const statuses = () => proxy.posts.map(({ status }) => status)

test('@segment/analytics-node', async () => {
  const analytics = new Analytics({ writeKey: edge.writeKey('segment'), host: proxy.url, flushAt: 200 })
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
  // The first try reaches nobody, the second is kept and its answer lost.
  proxy.faults = ['refuse', 'lose']
  await analytics.flush()
  expect([errors, statuses()]).toEqual([[], [503, 503, 200]])
  await edge.flush()
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
  expect(await eventsOf('segment')).toHaveLength(105)
})

test('@rudderstack/rudder-sdk-node: gzipped JSON that calls itself a form', async () => {
  const analytics = new RudderAnalytics(edge.writeKey('rudder'), { dataPlaneUrl: proxy.url, flushAt: 50, flushInterval: 60_000 })
  let done = 0
  const timestamp = new Date('2026-06-01T12:00:00.123Z')
  proxy.faults = ['refuse', 'lose']
  // The first call is sent by itself, at once.
  analytics.identify({ userId: 'r1', traits: { email: 'r1@shop.example' }, context: { locale: 'de' } }, () => void done++)
  analytics.page({ userId: 'r1', name: 'Wholesale', properties: { url: 'https://shop.example/w' } })
  analytics.screen({ userId: 'r1', name: 'Start', properties: {} })
  analytics.group({ userId: 'r1', groupId: 'g1', traits: { plan: 'pro' } })
  analytics.alias({ userId: 'r1', previousId: 'a1' })
  for (let index = 0; index < 20; index++) {
    const event = { anonymousId: 'a1', event: 'Viewed', originalTimestamp: timestamp, properties: { index } }
    analytics.track(event)
  }
  await analytics.flush()
  expect([done, statuses()]).toEqual([1, [503, 503, 200, 200]])
  expect(proxy.posts[0]!.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/x-www-form-urlencoded' })
  const found = await eventsOf('rudder')
  expect(found).toHaveLength(25)
  expect(ofType(found, 'identify')[0]).toMatchObject({ user_id: 'r1', traits: { email: 'r1@shop.example' }, context: { locale: 'de' } })
  expect(ofType(found, 'page')[0]).toMatchObject({ name: 'Wholesale', properties: { url: 'https://shop.example/w' } })
  expect(ofType(found, 'screen')[0]).toMatchObject({ name: 'Start' })
  expect(ofType(found, 'group')[0]).toMatchObject({ group_id: 'g1', traits: { plan: 'pro' } })
  expect(ofType(found, 'alias')[0]).toMatchObject({ user_id: 'r1', previous_id: 'a1' })
  expect(ofType(found, 'track')[0]).toMatchObject({
    event_text: 'Viewed',
    anonymous_id: 'a1',
    original_timestamp: '2026-06-01 12:00:00.123',
    context: { library: { name: 'analytics-node' } },
  })
})

test('@jitsu/js, as a server', async () => {
  const errors: string[] = []
  const jitsu = jitsuAnalytics({ host: proxy.url, writeKey: jitsuKey, s2s: true, errorPolicy: (message) => errors.push(message) })
  jitsu.setAnonymousId('j-anonymous')
  await jitsu.identify('j1', { email: 'j1@shop.example' })
  await jitsu.track('Order Completed', { total: 12.5 })
  await jitsu.page({ name: 'Wholesale', url: 'https://shop.example/w' })
  await jitsu.group('g1', { plan: 'pro' })
  expect(proxy.posts.map(({ path, status }) => [path, status])).toEqual([
    ['/api/s/s2s/identify', 200],
    ['/api/s/s2s/track', 200],
    ['/api/s/s2s/page', 200],
    ['/api/s/s2s/group', 200],
  ])
  const found = await eventsOf('jitsu')
  expect(ofType(found, 'identify')).toMatchObject([{ user_id: 'j1', traits: { email: 'j1@shop.example' } }])
  expect(ofType(found, 'track')).toMatchObject([
    {
      event_text: 'Order Completed',
      user_id: 'j1',
      anonymous_id: 'j-anonymous',
      properties: { total: 12.5 },
      context: { library: { name: '@jitsu/js' }, traits: { email: 'j1@shop.example' } },
    },
  ])
  expect(ofType(found, 'page')).toMatchObject([{ name: 'Wholesale', properties: { url: 'https://shop.example/w' } }])
  expect(ofType(found, 'group')).toMatchObject([{ group_id: 'g1', user_id: 'j1', traits: { plan: 'pro' } }])
  expect(errors).toEqual([])
  // It does not try again by itself, but tells its caller.
  proxy.faults = ['refuse']
  await jitsu.track('Refused')
  expect(errors).toEqual([expect.stringContaining('503')])
})

test('posthog-node', async () => {
  const posthog = new PostHog(edge.writeKey('posthog'), { host: proxy.url, flushInterval: 60_000, flushAt: 100, fetchRetryDelay: 50 })
  const errors: unknown[] = []
  posthog.on('error', (error) => errors.push(error))
  posthog.identify({ distinctId: 'p1', properties: { email: 'p1@shop.example', $set_once: { first: 'ad' } } })
  posthog.capture({
    distinctId: 'p1',
    event: 'Order Completed',
    timestamp: new Date('2026-06-01T12:00:00.123Z'),
    properties: { total: 12.5, $set: { orders: 3 } },
    groups: { company: 'g1' },
  })
  posthog.capture({ distinctId: 'p1', event: '$pageview', properties: { $current_url: 'https://shop.example/w', title: 'Wholesale' } })
  posthog.capture({ event: 'Anonymous', distinctId: 'somebody', properties: { $process_person_profile: false } })
  posthog.groupIdentify({ groupType: 'company', groupKey: 'g1', properties: { plan: 'pro' } })
  posthog.alias({ distinctId: 'p1', alias: 'a1' })
  proxy.faults = ['refuse', 'lose']
  await posthog.flush()
  expect([errors, statuses()]).toEqual([[], [503, 503, 200]])
  const found = await eventsOf('posthog')
  expect(ofType(found, 'identify')).toMatchObject([
    { user_id: 'p1', traits: { orders: '3' }, original_timestamp: '2026-06-01 12:00:00.123' },
    { user_id: 'p1', traits: { email: 'p1@shop.example', first: 'ad' } },
  ])
  expect(ofType(found, 'track')).toMatchObject([
    {
      event_text: 'Order Completed',
      user_id: 'p1',
      original_timestamp: '2026-06-01 12:00:00.123',
      properties: { total: 12.5 },
      context: { library: { name: 'posthog-node', version: expect.any(String) } },
    },
    { event_text: 'Anonymous', user_id: null, anonymous_id: 'somebody' },
  ])
  expect(ofType(found, 'page')).toMatchObject([
    {
      name: 'Wholesale',
      user_id: 'p1',
      properties: { url: 'https://shop.example/w' },
      context: { page: { url: 'https://shop.example/w' } },
    },
  ])
  expect(ofType(found, 'group')).toMatchObject([
    { group_id: 'g1', anonymous_id: '$company_g1', traits: { plan: 'pro', groupType: 'company' } },
  ])
  expect(ofType(found, 'alias')).toMatchObject([{ user_id: 'p1', previous_id: 'a1' }])
  expect(found).toHaveLength(7)
  expect((await posthog.getAllFlags('p1')) ?? 'none').toEqual({})
  await posthog.shutdown()
})

test('posthog-node by its newer capture API', async () => {
  process.env['POSTHOG_CAPTURE_MODE'] = 'v1'
  const posthog = new PostHog(edge.writeKey('newer'), { host: proxy.url, flushInterval: 60_000, flushAt: 100, fetchRetryDelay: 50 })
  delete process.env['POSTHOG_CAPTURE_MODE']
  const errors: unknown[] = []
  posthog.on('error', (error) => errors.push(error))
  posthog.identify({ distinctId: 'p1', properties: { email: 'p1@shop.example' } })
  posthog.capture({ distinctId: 'p1', event: 'Order Completed', properties: { total: 12.5, $session_id: 's1' } })
  posthog.capture({ event: 'Anonymous', distinctId: 'somebody', properties: { $process_person_profile: false } })
  proxy.faults = ['refuse', 'lose']
  await posthog.flush()
  expect([errors, proxy.posts.map(({ path, status }) => [path, status])]).toEqual([
    [],
    [503, 503, 200].map((status) => ['/i/v1/analytics/events', status]),
  ])
  expect((await eventsOf('newer')).toSorted((a, b) => String(a['event_text']).localeCompare(String(b['event_text'])))).toMatchObject([
    { event_text: 'Anonymous', user_id: null, anonymous_id: 'somebody' },
    { type: 'identify', user_id: 'p1', traits: { email: 'p1@shop.example' } },
    { event_text: 'Order Completed', user_id: 'p1', properties: { total: 12.5, $session_id: 's1' } },
  ])
  // What is refused is told event by event, and not tried again.
  posthog.capture({ distinctId: 'p1', event: 'x'.repeat(2000) })
  await posthog.flush()
  expect(errors).toMatchObject([{ drops: [{ details: expect.stringContaining('event') }] }])
  await posthog.shutdown()
})
