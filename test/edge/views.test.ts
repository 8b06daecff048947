import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateEvents, refreshViews } from '#core/event/refresh-views.ts'
import { createClickHouse } from '#desktop/host/clickhouse.ts'
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

let sent = 0
/** Sends events and waits until they can be queried. */
async function send(...events: object[]) {
  const batch = events.map((event) => ({ userId: 'u', messageId: `v${++sent}`, type: 'track', ...event }))
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch, sentAt: new Date() }),
    headers: { authorization: `Basic ${btoa(`${edge.writeKey('web')}:`)}` },
  })
  expect(await response.json()).toEqual({ success: true })
  await edge.flush()
}
const rows = (sql: string) => select(warehouse, sql)

describe('a view for every event', () => {
  test('has its properties as columns, typed, right after the flush', async () => {
    await send({
      event: 'Order Completed',
      timestamp: '2026-03-01T10:00:00.000Z',
      properties: {
        orderId: 'o1',
        total: 12.5,
        count: 3,
        gift: true,
        paidAt: '2026-03-01T10:00:00+02:00',
        born: '1990-02-03',
        customer: { city: 'Ulm' },
        products: [{ sku: 'a' }],
      },
      context: { page: { url: 'https://x' } },
    })
    expect(await rows('SELECT * EXCEPT (received_at, sent_at) FROM events.order_completed')).toEqual([
      {
        id: expect.any(String),
        anonymous_id: null,
        user_id: 'u',
        original_timestamp: '2026-03-01 10:00:00.000',
        timestamp: '2026-03-01 10:00:00.000',
        event: 'order_completed',
        event_text: 'Order Completed',
        source: 'web',
        order_id: 'o1',
        total: 12.5,
        count: '3',
        gift: true,
        paid_at: '2026-03-01 08:00:00.000',
        born: '1990-02-03',
        customer_city: 'Ulm',
        products: '[{"sku":"a"}]',
        context_page_url: 'https://x',
        context_library_name: 'http',
      },
    ])
  })

  test('reads every value of a property that changes its type', async () => {
    await send({ event: 'Mixed', properties: { v: 1, n: 1, d: '2026-01-01' } })
    expect(await rows('SELECT v, n, toTypeName(v) AS t FROM events.mixed')).toEqual([{ v: '1', n: '1', t: 'Nullable(Int64)' }])
    await send(
      { event: 'Mixed', properties: { v: 'two', n: 1.5, d: 'soon' } },
      { event: 'Mixed', properties: { v: [3, 'a/b'], d: '2026-01-01T00:00:00Z' } },
    )
    await send({ event: 'Mixed', properties: { v: { four: 4 } } }, { event: 'Mixed', properties: { v: true, n: null } })
    expect(await rows('SELECT v, n, d, v_four FROM events.mixed ORDER BY received_at, id')).toEqual([
      { v: '1', n: 1, d: '2026-01-01', v_four: null },
      { v: 'two', n: 1.5, d: 'soon', v_four: null },
      { v: '[3,"a/b"]', n: null, d: '2026-01-01T00:00:00Z', v_four: null },
      { v: null, n: null, d: null, v_four: '4' },
      { v: 'true', n: null, d: null, v_four: null },
    ])
  })

  test('keeps properties that are called like its own columns', async () => {
    await send({
      event: 'Shadow',
      properties: { id: 'p', type: 'x', timestamp: 'never', event: 'other', properties: 1, user_id: 'someone', contextIp: 'q' },
    })
    expect(await rows('SELECT event, _event, _id, type, _timestamp, user_id, _user_id, properties, context_ip FROM events.shadow')).toEqual(
      [
        {
          event: 'shadow',
          _event: 'other',
          _id: 'p',
          type: 'x',
          _timestamp: 'never',
          user_id: 'u',
          _user_id: 'someone',
          properties: '1',
          context_ip: 'q',
        },
      ],
    )
  })

  test('exists for names from hostile hands, and they hurt nothing', async () => {
    const names = [
      '`; DROP TABLE events.all; --',
      "a'b\\",
      '购买完成',
      '🎉',
      'users',
      'x'.repeat(900),
      '\u0000',
      '\ud800 half',
      '../../etc',
      'select',
    ]
    const properties = {
      '`': 1,
      "'": 2,
      '\\': 3,
      '': 4,
      '.': 5,
      'a.b': 6,
      a: { b: 7 },
      '\u0000': 8,
      select: 9,
      __proto__x: 10,
      ['k'.repeat(500)]: 11,
      '🎉': 12,
    }
    await send(...names.map((event) => ({ event, properties })))
    expect(
      await rows('SELECT count() AS n FROM events.all FINAL WHERE event_text IN (SELECT event_text FROM events.tracks)'),
    ).toMatchObject([{ n: expect.any(String) }])
    const views = await rows("SELECT DISTINCT event FROM events.tracks WHERE event NOT IN ('order_completed', 'mixed', 'shadow')")
    expect(views).toHaveLength(names.length)
    for (const { event } of views) expect(await rows(`SELECT * FROM events.\`${event}\``)).toHaveLength(1)
    expect(await rows('SELECT a_b FROM events.`购买完成`')).toEqual([{ a_b: '6' }])
  })
})

describe('the other views', () => {
  test('users has the latest value of every trait', async () => {
    await send({ type: 'identify', userId: 'ann', traits: { email: 'a@x', plan: 'free' }, timestamp: '2026-01-01T00:00:00Z' })
    await send({ type: 'identify', userId: 'ann', traits: { plan: 'pro' }, timestamp: '2026-02-01T00:00:00Z' })
    await send({ type: 'identify', userId: 'ann', traits: { plan: 'trial' }, timestamp: '2025-12-01T00:00:00Z' })
    expect(await rows("SELECT id, email, plan FROM events.users WHERE id = 'ann'")).toEqual([{ id: 'ann', email: 'a@x', plan: 'pro' }])
  })

  test('pages, screens, groups and aliases', async () => {
    await send(
      { type: 'page', name: 'Home', properties: { url: 'https://x', title: 'T' } },
      { type: 'screen', properties: { name: 'Start' } },
      { type: 'group', groupId: 'g', traits: { seats: 5 } },
      { type: 'alias', userId: 'new', previousId: 'old' },
    )
    expect(await rows('SELECT name, url, title FROM events.pages')).toEqual([{ name: 'Home', url: 'https://x', title: 'T' }])
    expect(await rows('SELECT name FROM events.screens')).toEqual([{ name: 'Start' }])
    expect(await rows('SELECT group_id, seats FROM events.groups')).toEqual([{ group_id: 'g', seats: '5' }])
    expect(await rows('SELECT user_id, previous_id FROM events.aliases')).toEqual([{ user_id: 'new', previous_id: 'old' }])
  })
})

describe('a repeated messageId', () => {
  test('is visible once in every view, however late and whatever its sentAt', async () => {
    const event = { event: 'Repeated', messageId: 'same', timestamp: '2026-05-05T05:05:05Z', properties: { n: 1 } }
    await send(event, event)
    await send({ ...event, sentAt: '2020-01-01T00:00:00Z' })
    await send({ ...event, sentAt: new Date(Date.now() + 86_400_000) })
    expect(await rows('SELECT count() AS n FROM events.repeated')).toEqual([{ n: '1' }])
    expect(await rows("SELECT count() AS n FROM events.tracks WHERE id = 'same'")).toEqual([{ n: '1' }])
  })

  test('holds for events without one', async () => {
    const event = { event: 'Nameless', messageId: undefined, properties: { n: 1 } }
    await send(event)
    await send(event, { ...event, properties: { n: 2 } })
    expect(await rows('SELECT n FROM events.nameless ORDER BY n')).toEqual([{ n: '1' }, { n: '2' }])
  })
})

test('no payload answered 200 keeps the others from the warehouse', async () => {
  const values: unknown[] = [
    1e308,
    -0,
    2 ** 53,
    1e20,
    -1e19,
    1e21,
    '\ud800',
    '\u0000',
    [],
    [[]],
    {},
    [{ a: 1 }, { a: 'x' }],
    [1, 'a', null, { b: [{}] }],
    null,
    '0001-01-01T00:00:00Z',
    '9999-99-99',
  ]
  const wide = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`k${index}`, index]))
  let deep: object = { end: 1 }
  for (let level = 0; level < 50; level++) deep = { d: deep, l: [deep] }.d
  const dates = Array.from({ length: 300 }, (_, month) => ({
    event: 'Dates',
    timestamp: new Date(Date.UTC(1990, month * 3)).toISOString(),
  }))
  await send(
    ...values.map((value) => ({ event: 'Odd', properties: { value, '\ud800': value } })),
    { event: 'Odd', properties: wide },
    { event: 'Odd', properties: { deep } },
  )
  await send(...dates)
  expect(await rows('SELECT count() AS n FROM events.odd')).toEqual([{ n: String(values.length + 2) }])
  expect(await rows('SELECT count() AS n FROM events.dates')).toEqual([{ n: '300' }])
  expect(await rows('SELECT count() AS n FROM events.rejected')).toEqual([{ n: '0' }])
})

test('events.schema tells every property, its kinds, since and until when, and how many events have it', async () => {
  const day = '2026-06-01T10:00:00Z'
  await send(
    { event: 'Told', messageId: 'told1', timestamp: day, properties: { n: 1, 'a.b': { c: 'x' }, list: [{ inner: 1 }] } },
    { event: 'Told', messageId: 'told2', timestamp: day, properties: { n: 2.5 } },
    { event: 'Told', messageId: 'told2', timestamp: day, properties: { n: 2.5 } },
  )
  await send({ event: 'Told', messageId: 'told2', timestamp: day, properties: { n: 2.5 } })
  const told = "FROM events.schema WHERE event = 'told' AND field = 'properties' ORDER BY path"
  expect(await rows(`SELECT path, kinds, count ${told}`)).toEqual([
    { path: 'a%2Eb.c', kinds: ['string'], count: '1' },
    { path: 'list', kinds: ['list'], count: '1' },
    { path: 'n', kinds: ['float', 'integer'], count: '2' },
  ])
  const [seen] = await rows("SELECT max(received_at) AS last, min(received_at) AS first FROM events.all FINAL WHERE event = 'told'")
  expect(await rows(`SELECT last_seen AS last, first_seen AS first ${told} LIMIT 1 OFFSET 2`)).toEqual([seen])
})

test('migrating and refreshing a second time changes nothing', async () => {
  const client = createClickHouse(warehouse)
  expect(await migrateEvents(client)).toEqual([])
  expect(await refreshViews(client)).toEqual([])
  await client.close()
})
