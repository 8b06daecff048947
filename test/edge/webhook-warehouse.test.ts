import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestEdge, type TestEdge } from '#test/fixture/edge.ts'
import { startTestWarehouse, type TestWarehouse } from '#test/fixture/warehouse.ts'
import { select } from './warehouse-query.ts'

let warehouse: TestWarehouse
let edge: TestEdge
beforeAll(async () => {
  warehouse = await startTestWarehouse()
  edge = await startTestEdge({
    warehouse,
    sources: [
      { kind: 'webhook', name: 'payments', write_key: 'key-of-payments', connector: 'stripe', config: { signing_secret: 'whsec_x' } },
      { kind: 'webhook', name: 'shop', write_key: 'key-of-shop', connector: 'shopify', config: { secret: 'hush' } },
      { kind: 'webhook', name: 'mail', write_key: 'key-of-mail', connector: 'iterable', config: {} },
    ],
  })
})
afterAll(async () => {
  await edge?.stop()
  await warehouse?.stop()
})

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(edge.url + path, { method: 'POST', body, headers })
  expect([response.status, await response.json()]).toEqual([200, { success: true }])
}

const stripe = (body: string, time: number) => {
  const signature = createHmac('sha256', 'whsec_x').update(`${time}.${body}`).digest('hex')
  return post('/v1/webhook/payments', body, { 'stripe-signature': `t=${time},v1=${signature}` })
}

test('a delivery that is repeated, and signed anew, is seen once, in the view of its event and of its customer', async () => {
  const customer = { id: 'cus_1', object: 'customer', email: 'ada@example.com', name: 'Ada', metadata: { user_id: 'u1' } }
  const body = JSON.stringify({ id: 'evt_1', type: 'customer.created', created: 1_750_000_000, data: { object: customer } })
  const now = Math.floor(Date.now() / 1000)
  await stripe(body, now)
  await edge.flush()
  await stripe(body, now - 200)
  await edge.flush()
  expect(await select(warehouse, 'SELECT id, user_id, anonymous_id, email, timestamp FROM events.customer_created')).toEqual([
    { id: 'evt_1', user_id: 'u1', anonymous_id: 'cus_1', email: 'ada@example.com', timestamp: '2025-06-15 15:06:40.000' },
  ])
  expect(await select(warehouse, 'SELECT id, user_id, email, name FROM events.identifies')).toEqual([
    { id: 'evt_1-identify', user_id: 'u1', email: 'ada@example.com', name: 'Ada' },
  ])
})

test('so is one of a tool whose events have no id', async () => {
  const body = JSON.stringify({
    email: 'a@b.c',
    eventName: 'emailOpen',
    dataFields: { createdAt: '2025-06-15 15:06:40 +00:00', campaignId: 7 },
  })
  for (let times = 0; times < 2; times++) {
    await post('/v1/webhook/mail?key=key-of-mail', body)
    await edge.flush()
  }
  expect(await select(warehouse, 'SELECT anonymous_id, campaign_id, timestamp FROM events.email_open')).toEqual([
    { anonymous_id: 'a@b.c', campaign_id: expect.anything(), timestamp: '2025-06-15 15:06:40.000' },
  ])
})

test('numbers larger than a double holds arrive as they were written', async () => {
  const body = '{"id":820982911946154508,"total_price":"12.50","line_items":[{"product_id":9007199254740993,"price":"12.50"}]}'
  const signature = createHmac('sha256', 'hush').update(body).digest('base64')
  await post('/v1/webhook/shop', body, {
    'x-shopify-hmac-sha256': signature,
    'x-shopify-topic': 'orders/create',
    'x-shopify-webhook-id': 'w1',
  })
  await edge.flush()
  expect(
    await select(
      warehouse,
      "SELECT properties.order_id AS order_id, toString(properties.id) AS id, properties.value AS value FROM events.all WHERE source = 'shop'",
    ),
  ).toEqual([{ order_id: '820982911946154508', id: '820982911946154508', value: 12.5 }])
})
