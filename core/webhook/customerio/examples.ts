import type { WebhookExample } from '../../connector/webhook-source.ts'

const config = { signing_key: '755781b5e03a973f3405a85474d5a032a60fd56fabaad66039b12eadd83955fa' }
const headers = { 'x-cio-timestamp': '1585251200' }
const docs = 'docs.customer.io/api/webhooks'

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a mail was opened',
    docs: `${docs}#operation/emailOpened`,
    config,
    request: {
      headers: { ...headers, 'x-cio-signature': '33e3ff77863fa4668334811b2c10a5301c77134ad33475ce585b76aeaf60cc2f' },
      body: '{"data":{"action_id":96,"broadcast_id":2,"delivery_id":"RPILAgABcRhIBqSfeiIwdIYJKxTY","identifiers":{"id":"42","email":"test@example.com","cio_id":"d9c106000001"},"recipient":"test@example.com","subject":"hello"},"event_id":"01E4C4CT6YDC7Y5M7FE1GWWPQJ","object_type":"email","metric":"opened","timestamp":1585251199}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Email Opened',
          userId: '42',
          anonymousId: 'd9c106000001',
          messageId: '01E4C4CT6YDC7Y5M7FE1GWWPQJ',
          timestamp: 1585251199,
          properties: {
            action_id: 96,
            broadcast_id: 2,
            delivery_id: 'RPILAgABcRhIBqSfeiIwdIYJKxTY',
            identifiers: { id: '42', email: 'test@example.com', cio_id: 'd9c106000001' },
            recipient: 'test@example.com',
            subject: 'hello',
            object_type: 'email',
            metric: 'opened',
          },
          context: { externalId: [{ type: 'customerioId', id: 'd9c106000001' }], traits: { email: 'test@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a link in a text message was clicked',
    docs: `${docs}#operation/smsClicked`,
    config,
    request: {
      headers: { ...headers, 'x-cio-signature': 'c35a231f2713f52ef8d2f7f2541222c705a6d7f18c57d3b8c48cc0d0fc1232cd' },
      body: '{"data":{"delivery_id":"ROk1AAIBcR4iT6mueqxiDtzO8HXv","href":"https://app.customer.io","identifiers":{"id":"42"},"recipient":"+15555555555"},"event_id":"01E4F3DJS83P8A","object_type":"sms","metric":"clicked","timestamp":1585349336}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'SMS Link Clicked',
          userId: '42',
          messageId: '01E4F3DJS83P8A',
          timestamp: 1585349336,
          properties: {
            delivery_id: 'ROk1AAIBcR4iT6mueqxiDtzO8HXv',
            href: 'https://app.customer.io',
            identifiers: { id: '42' },
            recipient: '+15555555555',
            object_type: 'sms',
            metric: 'clicked',
          },
          context: {},
        },
      ],
    },
  },
  {
    title: 'somebody unsubscribed',
    docs: `${docs}#operation/customerUnsubscribed`,
    config,
    request: {
      headers: { ...headers, 'x-cio-signature': '919469d55a59c20eeb432f30903b208df3e1786502b973bd027028dc1579e6b5' },
      body: '{"data":{"customer_id":"42","email_address":"test@example.com","identifiers":{"id":"42"}},"event_id":"01E4C4C6P79C12J5A6KPE6XNFD","object_type":"customer","metric":"unsubscribed","timestamp":1585251179}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Customer Unsubscribed',
          userId: '42',
          anonymousId: 'test@example.com',
          messageId: '01E4C4C6P79C12J5A6KPE6XNFD',
          timestamp: 1585251179,
          properties: {
            customer_id: '42',
            email_address: 'test@example.com',
            identifiers: { id: '42' },
            object_type: 'customer',
            metric: 'unsubscribed',
          },
          context: { traits: { email: 'test@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a kind of message and a metric that are new, to somebody without an id',
    docs,
    config,
    request: {
      headers: { ...headers, 'x-cio-signature': '7e0547337fc26344c72beec35d151a2bba750467a0f120a310ad31d3227c28bf' },
      body: '{"data":{"identifiers":{"email":"new@example.com"}},"event_id":"01E5","object_type":"in_app","metric":"looked_at","timestamp":1585251179}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'In App Looked At',
          anonymousId: 'new@example.com',
          messageId: '01E5',
          timestamp: 1585251179,
          properties: { identifiers: { email: 'new@example.com' }, object_type: 'in_app', metric: 'looked_at' },
          context: { traits: { email: 'new@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a signature older than the tolerance that was set',
    docs: `${docs}#section/Securely-verify-requests`,
    config: { ...config, tolerance: 60 },
    now: 1585251300_000,
    request: {
      headers: { ...headers, 'x-cio-signature': 'd39c5af04b3d1ead1343651aa74f0ee6e96ed70685aa1bea3aeddd4811d9cce3' },
      body: '{"event_id":"01E6","object_type":"email","metric":"sent"}',
    },
    expected: { refused: 'wrong-signature' },
  },
]
