import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { compiled, sourcesOf } from '#test/fixture/transforms.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({ warehouse })
  const mask = await compiled('mask', 'return events.map((e) => ({ ...e, traits: { ...e.traits, email: "***" } }))')
  const lower = await compiled('lower', 'for (const e of events) e.event = e.event.toLowerCase(); return events')
  const add = await compiled('add', 'return events.map((e) => ({ ...e, event: `${e.event}!` }))')
  const config = sourcesOf(
    [
      mask,
      lower,
      add,
      await compiled(
        'orders',
        `return events.flatMap((e) => e.properties.test ? [] : [
           e, ...e.properties.products.map((product: object) => ({ ...e, event: 'Product Bought', properties: product })),
         ])`,
      ),
      await compiled(
        'poison',
        `// A line of its own.
interface Props { price?: number }

export const transform = (events: { properties: Props }[]) => events.map((event) => price(event))

function price(event: { properties: Props }) {
  return { ...event, properties: { price: event.properties.price!.toFixed(2) } }
}`,
      ),
      await compiled(
        'times',
        'return events.map((e) => ({ ...e, timestamp: "2026-05-05T00:00:00Z", originalTimestamp: "1999-01-01", receivedAt: "1999-01-01" }))',
      ),
      await compiled('bare', 'return events.map((e) => ({ type: "track", event: e.event, userId: e.userId }))'),
      await compiled('own', 'return events.map((e) => ({ ...e, messageId: `order-${e.properties.order}` }))'),
      await compiled('same', 'return events'),
      await compiled('context', 'return events.map((e) => ({ ...e, properties: { ...context, ...e } }))'),
    ],
    edge.writeKey,
  )
  config.sources.push({ kind: 'sdk', name: 'both', write_key: edge.writeKey('both'), transforms: ['lower', 'add'] })
  config.sources.push({
    kind: 'webhook',
    name: 'hook',
    write_key: edge.writeKey('hook'),
    connector: 'generic',
    config: { events: [{ event: 'Hooked' }] },
    transforms: ['same'],
  })
  await edge.publish(config)
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
})

let sent = 0
async function post(source: string, events: object[]) {
  const batch = events.map((event) => ({
    type: 'track',
    userId: 'u',
    messageId: `t${++sent}`,
    timestamp: '2026-03-01T10:00:00.000Z',
    ...event,
  }))
  const response = await fetch(`${edge.url}/v1/batch`, {
    method: 'POST',
    body: JSON.stringify({ batch }),
    headers: { 'x-write-key': edge.writeKey(source) },
  })
  return (await response.json()) as Record<string, any>
}
async function rows(sql: string) {
  await edge.flush()
  return select(warehouse, sql)
}

describe('a transform', () => {
  test('changes events, and only those of sources that name it', async () => {
    const user = { type: 'identify', traits: { email: 'a@b.c', plan: 'pro' } }
    expect(await post('mask', [user])).toEqual({ success: true })
    expect(await post('web', [user])).toEqual({ success: true })
    expect(await rows("SELECT source, traits FROM events.all WHERE type = 'identify' ORDER BY source")).toEqual([
      { source: 'mask', traits: { email: '***', plan: 'pro' } },
      { source: 'web', traits: { email: 'a@b.c', plan: 'pro' } },
    ])
  })

  test('drops and splits events; what it makes of one has ids made of its id, so that a retry is visible once', async () => {
    const order = { event: 'Order Completed', messageId: 'order', properties: { products: [{ sku: 'a' }, { sku: 'b' }] } }
    const dropped = { event: 'Order Completed', messageId: 'dropped', properties: { test: true } }
    expect(await post('orders', [order, dropped])).toEqual({ success: true })
    expect(await post('orders', [order])).toEqual({ success: true })
    expect((await edge.metrics()).sources['orders']).toMatchObject({ accepted: 6, dropped: { transform: 1 } })
    const found = await rows("SELECT message_id, event, properties FROM events.all FINAL WHERE source = 'orders' ORDER BY message_id")
    expect(found).toEqual([
      { message_id: 'order', event: 'order_completed', properties: order.properties },
      { message_id: 'order#2', event: 'product_bought', properties: { sku: 'a' } },
      { message_id: 'order#3', event: 'product_bought', properties: { sku: 'b' } },
    ])
    expect(await rows("SELECT id, sku FROM events.product_bought WHERE source = 'orders' ORDER BY id")).toEqual([
      { id: 'order#2', sku: 'a' },
      { id: 'order#3', sku: 'b' },
    ])
  })

  test('stands in a row with others, in the order of the source', async () => {
    await post('both', [{ event: 'HELLO' }])
    expect(await rows("SELECT event_text FROM events.all WHERE source = 'both'")).toEqual([{ event_text: 'hello!' }])
  })

  test('that throws rejects the events it throws at: the original with the stack, in the lines of its file', async () => {
    const events = Array.from({ length: 100 }, (_, index) => ({
      event: 'Priced',
      messageId: `p${index}`,
      properties: index === 37 || index === 90 ? { kept: 'as it came' } : { price: index },
    }))
    const answer = await post('poison', events)
    expect(answer).toMatchObject({ success: true, accepted: 98 })
    expect(answer['rejected']).toEqual(
      [37, 90].map((index) => ({ index, code: 'transform-failed', message: 'The transform poison failed.' })),
    )
    const [rejected, ...others] = await rows("SELECT * FROM events.rejected WHERE source = 'poison' ORDER BY message_id")
    expect(others).toHaveLength(1)
    expect(rejected).toMatchObject({ reason: 'transform-failed', message_id: 'p37', event_text: 'Priced' })
    expect(JSON.parse(rejected!['payload'])).toMatchObject({ messageId: 'p37', properties: { kept: 'as it came' } })
    expect(rejected!['message']).toMatch(/^poison: TypeError: .*undefined.*\n +at price \(transforms\/poison\.ts:7\)\n/)
    expect(rejected!['message']).not.toContain('guest')
    expect(await rows("SELECT count() AS n FROM events.all WHERE source = 'poison'")).toEqual([{ n: '98' }])
  })

  test('moves the time of an event, and nothing that a repeated one is known by', async () => {
    await post('times', [{ event: 'Timed', messageId: 'timed' }])
    const [row] = await rows(
      "SELECT message_id, day, timestamp, original_timestamp, received_at > '2026-01-01' AS received FROM events.all WHERE source = 'times'",
    )
    expect(row).toEqual({
      message_id: 'timed',
      day: '2026-03-01',
      timestamp: '2026-05-05 00:00:00.000',
      original_timestamp: '2026-03-01 10:00:00.000',
      received: 1,
    })
  })

  test('may make events anew: each belongs to the one it was given, and keeps its id', async () => {
    expect(
      await post(
        'bare',
        [1, 2, 3].map((n) => ({ event: `Bare ${n}`, messageId: `bare${n}`, properties: { n } })),
      ),
    ).toEqual({ success: true })
    expect(await rows("SELECT message_id, event_text, properties FROM events.all WHERE source = 'bare' ORDER BY message_id")).toEqual(
      [1, 2, 3].map((n) => ({ message_id: `bare${n}`, event_text: `Bare ${n}`, properties: {} })),
    )
  })

  test('may choose an id, that of another event too', async () => {
    await post('own', [
      { event: 'Paid', properties: { order: 7 } },
      { event: 'Paid', properties: { order: 7 } },
    ])
    expect(await rows("SELECT message_id FROM events.all FINAL WHERE source = 'own'")).toEqual([{ message_id: 'order-7' }])
  })

  test('is given what the collector knows of an event', async () => {
    await post('context', [{ event: 'Known', messageId: 'known', context: { page: { path: '/' } } }])
    const [row] = await rows("SELECT properties FROM events.all WHERE source = 'context'")
    expect(row!['properties']).toMatchObject({
      name: 'context',
      source: 'context',
      messageId: 'known',
      timestamp: '2026-03-01T10:00:00.000Z',
      receivedAt: expect.stringMatching(/^20\d\d-/),
      context: { page: { path: '/' }, library: { name: 'http' } },
    })
  })

  test('leaves numbers alone that a double cannot hold, and keys that mean something to JavaScript', async () => {
    const batch =
      '{"batch":[{"type":"track","event":"Big","userId":"u","messageId":"big","properties":{"id":9007199254740993,"__proto__":{"a":1}}}]}'
    const response = await fetch(`${edge.url}/v1/batch`, { method: 'POST', body: batch, headers: { 'x-write-key': edge.writeKey('same') } })
    expect(await response.json()).toEqual({ success: true })
    const [row] = await rows("SELECT properties.id AS id, toString(properties) AS text FROM events.all WHERE source = 'same'")
    expect(row).toMatchObject({ id: '9007199254740993', text: expect.stringContaining('__proto__') })
  })

  test('works on what webhooks bring, which names no user', async () => {
    const response = await fetch(`${edge.url}/v1/webhook/hook?key=${edge.writeKey('hook')}`, { method: 'POST', body: '{"a":"b"}' })
    expect(await response.json()).toEqual({ success: true })
    expect(await rows("SELECT event_text, properties FROM events.all WHERE source = 'hook'")).toEqual([
      { event_text: 'Hooked', properties: { a: 'b' } },
    ])
  })

  test('of another version takes over at once, and the one before does again', async () => {
    const versions = [
      await compiled('v', 'return events.map((e) => ({ ...e, event: "One" }))'),
      await compiled('v', 'return events.map((e) => ({ ...e, event: "Two" }))'),
    ]
    expect(versions[0]!.hash).not.toBe(versions[1]!.hash)
    for (const version of [0, 1, 0]) {
      await edge.publish(sourcesOf([versions[version]!], edge.writeKey))
      await post('v', [{ event: 'x' }])
    }
    expect(await rows("SELECT event_text FROM events.all WHERE source = 'v' ORDER BY received_at")).toEqual(
      ['One', 'Two', 'One'].map((event_text) => ({ event_text })),
    )
  })

  test('has to be published with the source that names it', async () => {
    await expect(
      edge.publish({ sources: [{ kind: 'sdk', name: 'a', write_key: 'key-of-a-source', transforms: ['gone'] }] }),
    ).rejects.toThrow(/there is no transform gone/)
  })
})
