import type { WebhookExample } from '../../connector/webhook-source.ts'

const config = { signing_secret: 'whsec_example_of_an_endpoint' }
const now = Date.parse('2024-03-05T12:00:10Z')
const docs = 'docs.stripe.com/api/events/object'

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a payment that succeeded',
    docs,
    config,
    now,
    request: {
      headers: { 'stripe-signature': 't=1709640005,v1=d4cfcb95dcceb4e83bbea0c08261ad0b48c25d8f4c8e48ad55e05beb21c6edf7' },
      body: '{"id":"evt_1","object":"event","api_version":"2024-04-10","created":1709640000,"type":"charge.succeeded","livemode":true,"data":{"object":{"id":"ch_1","object":"charge","amount":4200,"currency":"eur","customer":"cus_1","billing_details":{"email":"ada@example.com"},"metadata":{"user_id":"u1"}}}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'charge.succeeded',
          userId: 'u1',
          anonymousId: 'cus_1',
          messageId: 'evt_1',
          timestamp: 1709640000,
          properties: {
            id: 'ch_1',
            object: 'charge',
            amount: 4200,
            currency: 'eur',
            customer: 'cus_1',
            billing_details: { email: 'ada@example.com' },
            metadata: { user_id: 'u1' },
            livemode: true,
          },
          context: { externalId: [{ type: 'stripeCustomerId', id: 'cus_1' }], traits: { email: 'ada@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a customer is identified too; while a secret is rolled, one of two signatures is right',
    docs: 'docs.stripe.com/api/events/types#event_types-customer.updated',
    config,
    now,
    request: {
      headers: {
        'stripe-signature': `t=1709640005,v1=${'0'.repeat(64)},v1=1aa55131b68d56af36b6c28ffee038d606f0dfc6ba37d53ce72644eab77bb5e7,v0=${'1'.repeat(64)}`,
      },
      body: '{"id":"evt_2","object":"event","created":1709640001,"type":"customer.updated","livemode":false,"data":{"object":{"id":"cus_2","object":"customer","created":1700000000,"email":"bob@example.com","name":"Bob","metadata":{}},"previous_attributes":{"name":null}}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'customer.updated',
          anonymousId: 'cus_2',
          messageId: 'evt_2',
          timestamp: 1709640001,
          properties: {
            id: 'cus_2',
            object: 'customer',
            created: 1700000000,
            email: 'bob@example.com',
            name: 'Bob',
            metadata: {},
            previous_attributes: { name: null },
            livemode: false,
          },
          context: { externalId: [{ type: 'stripeCustomerId', id: 'cus_2' }], traits: { email: 'bob@example.com' } },
        },
        {
          type: 'identify',
          anonymousId: 'cus_2',
          messageId: 'evt_2-identify',
          timestamp: 1709640001,
          traits: { email: 'bob@example.com', name: 'Bob', createdAt: 1700000000 },
          context: { externalId: [{ type: 'stripeCustomerId', id: 'cus_2' }], traits: { email: 'bob@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a checkout carries your own id as its client_reference_id; an account connected to yours is named',
    docs: 'docs.stripe.com/api/checkout/sessions/object',
    config,
    now,
    request: {
      headers: { 'stripe-signature': 't=1709640005,v1=606dde26e8692fc43384c2712cdacb44563c4da33516a9797609e8dc449d919c' },
      body: '{"id":"evt_3","object":"event","account":"acct_7","created":1709640002,"type":"checkout.session.completed","livemode":true,"data":{"object":{"id":"cs_1","object":"checkout.session","client_reference_id":"u3","customer":"cus_3","customer_details":{"email":"eve@example.com"},"amount_total":990}}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'checkout.session.completed',
          userId: 'u3',
          anonymousId: 'cus_3',
          messageId: 'evt_3',
          timestamp: 1709640002,
          properties: {
            id: 'cs_1',
            object: 'checkout.session',
            client_reference_id: 'u3',
            customer: 'cus_3',
            customer_details: { email: 'eve@example.com' },
            amount_total: 990,
            account: 'acct_7',
            livemode: true,
          },
          context: { externalId: [{ type: 'stripeCustomerId', id: 'cus_3' }], traits: { email: 'eve@example.com' } },
        },
      ],
    },
  },
  {
    title: 'a kind of event that nobody has heard of, with no customer',
    docs,
    config,
    now,
    request: {
      headers: { 'stripe-signature': 't=1709640005,v1=bd6751a444e65dc996381f1e43c4ccdaf7a76b9e83eb7004938aba16d9b2b7f0' },
      body: '{"id":"evt_4","object":"event","created":1709640003,"type":"novelty.appeared","livemode":true,"data":{"object":{"id":"nov_1"}}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'novelty.appeared',
          messageId: 'evt_4',
          timestamp: 1709640003,
          properties: { id: 'nov_1', livemode: true },
          context: {},
        },
      ],
    },
  },
  {
    title: 'a signature older than five minutes',
    docs: 'docs.stripe.com/webhooks#replay-attacks',
    config,
    now: Date.parse('2024-03-05T12:10:00Z'),
    request: {
      headers: { 'stripe-signature': 't=1709640005,v1=99e01f6a83a2f7beb147761a6f92f973f76a45a1aa0f7ac74099a42e84b4b848' },
      body: '{"id":"evt_5","type":"charge.succeeded"}',
    },
    expected: { refused: 'wrong-signature' },
  },
  {
    title: 'a body that was changed on its way',
    docs: 'docs.stripe.com/webhooks#verify-manually',
    config,
    now,
    request: { headers: { 'stripe-signature': `t=1709640005,v1=${'a1'.repeat(32)}` }, body: '{"id":"evt_6","type":"charge.succeeded"}' },
    expected: { refused: 'wrong-signature' },
  },
]
