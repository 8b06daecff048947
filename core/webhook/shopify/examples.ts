import type { WebhookExample } from '../../connector/webhook-source.ts'

const config = { secret: 'hush' }
const docs = 'shopify.dev/docs/api/webhooks'
const at = '2024-03-05T12:00:00.000000000Z'
const headers = (topic: string, signature: string) => ({
  'content-type': 'application/json',
  'x-shopify-topic': topic,
  'x-shopify-shop-domain': 'shop.myshopify.com',
  'x-shopify-webhook-id': 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043',
  'x-shopify-triggered-at': at,
  'x-shopify-hmac-sha256': signature,
})
const messageId = 'b54557e4-bdd9-4b37-8a5f-bf7d70bcd043'
const shop = 'shop.myshopify.com'

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'an order: the names of the e-commerce spec beside the payload, and its customer identified',
    docs: `${docs}?reference=rest#orders-create`,
    config,
    request: {
      headers: headers('orders/create', 'iQeKnlKw9kCskW56P61qCM+X/UWtvKgoU187OJoaLes='),
      body: '{"id":820982911946154508,"email":"jon@example.com","currency":"USD","total_price":"398.00","total_tax":"0.00","note_attributes":[{"name":"rudderAnonymousId","value":"anon-1"}],"customer":{"id":115310627314723954,"email":"jon@example.com","first_name":"John","last_name":"Smith"},"line_items":[{"product_id":632910392,"sku":"IPOD2008PINK","name":"IPod Nano - 8GB","price":"199.00","vendor":"Apple","quantity":2}]}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Order Created',
          userId: '115310627314723954',
          anonymousId: 'anon-1',
          messageId,
          timestamp: at,
          properties: {
            // Larger than a double holds: kept as it was written.
            id: big('820982911946154508'),
            email: 'jon@example.com',
            currency: 'USD',
            total_price: '398.00',
            total_tax: '0.00',
            note_attributes: [{ name: 'rudderAnonymousId', value: 'anon-1' }],
            customer: { id: big('115310627314723954'), email: 'jon@example.com', first_name: 'John', last_name: 'Smith' },
            line_items: [
              { product_id: 632910392, sku: 'IPOD2008PINK', name: 'IPod Nano - 8GB', price: '199.00', vendor: 'Apple', quantity: 2 },
            ],
            order_id: '820982911946154508',
            value: 398,
            tax: 0,
            products: [{ product_id: '632910392', sku: 'IPOD2008PINK', title: 'IPod Nano - 8GB', price: 199, brand: 'Apple', quantity: 2 }],
          },
          context: { shopify: { topic: 'orders/create', shop }, traits: { email: 'jon@example.com' } },
        },
        {
          type: 'identify',
          userId: '115310627314723954',
          anonymousId: 'anon-1',
          messageId: `${messageId}-identify`,
          timestamp: at,
          traits: { email: 'jon@example.com', firstName: 'John', lastName: 'Smith' },
          context: { shopify: { topic: 'orders/create', shop }, traits: { email: 'jon@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a customer is identified',
    docs: `${docs}?reference=rest#customers-update`,
    config,
    request: {
      headers: headers('customers/update', '0z1LjqlCk2YFuw+nUsDeWB06G2Y2z/jrBzFQMaYalu4='),
      body: '{"id":706405506,"email":"bob@example.com","created_at":"2021-12-31T19:00:00-05:00","first_name":"Bob","last_name":"Norman","phone":"+16136120707","default_address":{"company":"Company Name","city":"Anytown"}}',
    },
    expected: {
      events: [
        {
          type: 'identify',
          userId: '706405506',
          messageId: `${messageId}-identify`,
          timestamp: at,
          traits: {
            email: 'bob@example.com',
            firstName: 'Bob',
            lastName: 'Norman',
            phone: '+16136120707',
            company: 'Company Name',
            address: { company: 'Company Name', city: 'Anytown' },
            createdAt: '2021-12-31T19:00:00-05:00',
          },
          context: { shopify: { topic: 'customers/update', shop }, traits: { email: 'bob@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a cart, known by its token',
    docs: `${docs}?reference=rest#carts-update`,
    config,
    request: {
      headers: headers('carts/update', 'p6PoxMUxs1YO6zSaaZGqSjj7ripJ1cNJqHzT/E0sXFA='),
      body: '{"id":"eeafa272cebfd4b22385bc4b645e762c","token":"eeafa272cebfd4b22385bc4b645e762c","line_items":[],"updated_at":"2022-01-01T00:00:00.000Z"}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Cart Update',
          anonymousId: 'eeafa272cebfd4b22385bc4b645e762c',
          messageId,
          timestamp: at,
          properties: {
            id: 'eeafa272cebfd4b22385bc4b645e762c',
            token: 'eeafa272cebfd4b22385bc4b645e762c',
            line_items: [],
            updated_at: '2022-01-01T00:00:00.000Z',
            order_id: 'eeafa272cebfd4b22385bc4b645e762c',
            products: [],
          },
          context: { shopify: { topic: 'carts/update', shop } },
        },
      ],
    },
  },
  {
    title: 'a topic that has no name of its own keeps that of Shopify',
    docs: `${docs}?reference=rest#products-update`,
    config,
    request: {
      headers: headers('products/update', 'MSHLszbo3WAL/FSvPbiMza5lfR8ZDFlD6NBaHUeCpWk='),
      body: '{"id":788032119674292922,"title":"Example T-Shirt","vendor":"Acme"}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'products/update',
          messageId,
          timestamp: at,
          properties: { id: big('788032119674292922'), title: 'Example T-Shirt', vendor: 'Acme' },
          context: { shopify: { topic: 'products/update', shop } },
        },
      ],
    },
  },
  {
    title: 'a signature made with another secret',
    docs: 'shopify.dev/docs/apps/build/webhooks/verify-deliveries',
    config,
    request: {
      headers: headers('orders/paid', 'XWmrwMey6OsLMeiZKwP4FppHH3cmAiiJJAweH5Jo4bM='),
      body: '{"id":1}',
    },
    expected: { refused: 'wrong-signature' },
  },
]

function big(digits: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits)
}
