import type { WebhookExample } from '../../connector/webhook-source.ts'

const docs = 'core/connector/README.md'
const mail = {
  event: 'Email {type}',
  message_id: '{event_id}',
  user_id: '{recipient.user_id}',
  anonymous_id: '{recipient.subscriber}',
  timestamp: '{at}',
}

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a list of items, each a track event; what is not there is left out',
    docs,
    config: { events: [mail] },
    request: {
      body: '[{"event_id":"m1","type":"open","at":1709640000,"recipient":{"subscriber":"s1","user_id":null}},{"event_id":"m2","type":"click","recipient":{"subscriber":"s2","user_id":7}}]',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Email open',
          anonymousId: 's1',
          messageId: 'm1',
          timestamp: 1709640000,
          properties: { event_id: 'm1', type: 'open', at: 1709640000, recipient: { subscriber: 's1', user_id: null } },
        },
        {
          type: 'track',
          event: 'Email click',
          userId: 7,
          anonymousId: 's2',
          messageId: 'm2',
          properties: { event_id: 'm2', type: 'click', recipient: { subscriber: 's2', user_id: 7 } },
        },
      ],
    },
  },
  {
    title: 'rules by what an item is: identify, page, group, nothing, and track for the rest',
    docs,
    config: {
      items: 'data.items',
      events: [
        { when: { kind: 'heartbeat' }, type: 'skip' },
        {
          when: { kind: ['signup', 'profile'] },
          type: 'identify',
          user_id: '{user.id | $body.account}',
          traits: { email: '{user.email}', plan: 'free', seats: '{user.seats}' },
        },
        {
          when: { kind: 'view', path: { exists: true } },
          type: 'page',
          name: 'Page {path}',
          anonymous_id: '{visitor}',
          properties: '{data}',
        },
        { when: { kind: 'team' }, type: 'group', group_id: '{team}', user_id: '{user.id}', traits: { name: '{name}' } },
        {
          when: { kind: { not: ['x', 'y'] } },
          event: '{kind}',
          user_id: '{user.id}',
          context: { tenant: '{$query.tenant}', via: '{$header.x-via}' },
        },
      ],
    },
    request: {
      url: 'https://example.com/v1/webhook/any?tenant=t1',
      headers: { 'x-via': 'hooks' },
      body: '{"account":"acc","data":{"items":[{"kind":"heartbeat"},{"kind":"signup","user":{"email":"a@b.c","seats":3}},{"kind":"view","path":"/p","visitor":"v","data":{"a":1}},{"kind":"team","team":"g","name":"Team","user":{"id":"u"}},{"kind":"paid","user":{"id":"u"}}]}}',
    },
    expected: {
      events: [
        { type: 'identify', userId: 'acc', traits: { email: 'a@b.c', plan: 'free', seats: 3 } },
        { type: 'page', name: 'Page /p', anonymousId: 'v', properties: { a: 1 } },
        { type: 'group', groupId: 'g', userId: 'u', traits: { name: 'Team' } },
        {
          type: 'track',
          event: 'paid',
          userId: 'u',
          properties: { kind: 'paid', user: { id: 'u' } },
          context: { tenant: 't1', via: 'hooks' },
        },
      ],
    },
  },
  {
    title: 'signed by an HMAC over time and body',
    docs,
    config: {
      verify: {
        method: 'hmac',
        header: 'X-Signature',
        secret: 'a secret',
        prefix: 'sha256=',
        signed: '{timestamp}.{body}',
        timestamp_header: 'X-Timestamp',
      },
      events: [{ event: '{name}' }],
    },
    now: 1709640010_000,
    request: {
      headers: { 'x-timestamp': '1709640000', 'x-signature': 'sha256=e0b5636910570d86953ed92c29d5a0ef0a50300d1e17181061b7da4d498b03a5' },
      body: '{"name":"Paid"}',
    },
    expected: { events: [{ type: 'track', event: 'Paid', properties: { name: 'Paid' } }] },
  },
  {
    title: 'signed as Standard Webhooks says, with the values of its own tests',
    docs: 'github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md',
    config: {
      verify: { method: 'standard', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
      events: [{ event: 'Test {test}', message_id: '{$header.webhook-id}' }],
    },
    now: 1614265330_000,
    request: {
      headers: {
        'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
        'webhook-timestamp': '1614265330',
        'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
      },
      body: '{"test": 2432232314}',
    },
    expected: {
      events: [{ type: 'track', event: 'Test 2432232314', messageId: 'msg_p5jXN8AQM9LWM0D4loKWxJek', properties: { test: 2432232314 } }],
    },
  },
  {
    title: 'Basic authentication',
    docs,
    config: { verify: { method: 'basic', user: 'tool', password: 'pässword' }, events: [{ event: 'A' }] },
    request: { headers: { authorization: 'Basic dG9vbDpww6Rzc3dvcmQ=' }, body: '{}' },
    expected: { events: [{ type: 'track', event: 'A', properties: {} }] },
  },
  {
    title: 'a secret in the address that is wrong',
    docs,
    config: { verify: { method: 'query', parameter: 'token', value: 'right' }, events: [{ event: 'A' }] },
    request: { url: 'https://example.com/v1/webhook/any?token=wrong', body: '{}' },
    expected: { refused: 'wrong-signature' },
  },
  {
    title: 'a secret in a header',
    docs,
    config: { verify: { method: 'header', header: 'Authorization', value: 'Bearer abc' }, events: [{ event: 'A' }] },
    request: { headers: { authorization: 'Bearer abc' }, body: '{}' },
    expected: { events: [{ type: 'track', event: 'A', properties: {} }] },
  },
]
