import type { WebhookExample } from '../../connector/webhook-source.ts'

// The secret is that of GitHub's own page on validating.
const config = { secret: "It's a Secret to Everybody" }
const docs = 'docs.github.com/webhooks/webhook-events-and-payloads'
const sender = { login: 'octocat', id: 583231, type: 'User' }
const context = {
  externalId: [{ type: 'githubUserId', id: '583231' }],
  traits: { username: 'octocat', type: 'User' },
}
const headers = (event: string) => ({
  'content-type': 'application/json',
  'x-github-event': event,
  'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
})
const messageId = '72d3162e-cc78-11e3-81ab-4c9367dc0958'

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'an issue was opened',
    docs: `${docs}#issues`,
    config,
    request: {
      headers: { ...headers('issues'), 'x-hub-signature-256': 'sha256=37f4725b06d4d1072e87b2d9a298620959f97262c90375da8fe68a7a68ebad17' },
      body: '{"action":"opened","issue":{"number":1347,"updated_at":"2024-03-05T12:00:00Z"},"repository":{"id":1296269,"full_name":"octocat/Hello-World"},"sender":{"login":"octocat","id":583231,"type":"User"}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'issues.opened',
          anonymousId: '583231',
          messageId,
          timestamp: '2024-03-05T12:00:00Z',
          properties: {
            action: 'opened',
            issue: { number: 1347, updated_at: '2024-03-05T12:00:00Z' },
            repository: { id: 1296269, full_name: 'octocat/Hello-World' },
            sender,
          },
          context,
        },
      ],
    },
  },
  {
    title: 'a push, in an organization',
    docs: `${docs}#push`,
    config,
    request: {
      headers: { ...headers('push'), 'x-hub-signature-256': 'sha256=7ded2b4f0e0c70b1d2eadf12d4e6d6190aefa2e8c94a53840e7719b94d6770e4' },
      body: '{"ref":"refs/heads/main","head_commit":{"id":"abc","timestamp":"2024-03-05T13:00:00+01:00"},"organization":{"id":9919,"login":"github"},"sender":{"login":"octocat","id":583231,"type":"User"}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'push',
          anonymousId: '583231',
          messageId,
          timestamp: '2024-03-05T13:00:00+01:00',
          properties: {
            ref: 'refs/heads/main',
            head_commit: { id: 'abc', timestamp: '2024-03-05T13:00:00+01:00' },
            organization: { id: 9919, login: 'github' },
            sender,
          },
          context: { ...context, groupId: '9919' },
        },
      ],
    },
  },
  {
    title: 'the ping that follows when a webhook is made',
    docs: `${docs}#ping`,
    config,
    request: {
      headers: { ...headers('ping'), 'x-hub-signature-256': 'sha256=ae55e6398e99205785ed9204a74658376289d6774c1f82b785a5614d40abdd8f' },
      body: '{"zen":"Keep it logically awesome.","hook_id":109948940,"sender":{"login":"octocat","id":583231,"type":"User"}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'ping',
          anonymousId: '583231',
          messageId,
          properties: { zen: 'Keep it logically awesome.', hook_id: 109948940, sender },
          context,
        },
      ],
    },
  },
  {
    title: 'a star, sent as a form',
    docs: 'docs.github.com/webhooks/using-webhooks/creating-webhooks',
    config,
    request: {
      headers: {
        ...headers('star'),
        'content-type': 'application/x-www-form-urlencoded',
        'x-hub-signature-256': 'sha256=7ccf0123d57d25b2093d5c1cfdcb5f08bc4c5238a1f47e623157dbd4b0aea2ef',
      },
      body: `payload=${encodeURIComponent('{"action":"created","starred_at":"2024-03-05T12:00:00Z","sender":{"login":"octocat","id":583231,"type":"User"}}')}`,
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'star.created',
          anonymousId: '583231',
          messageId,
          timestamp: '2024-03-05T12:00:00Z',
          properties: { action: 'created', starred_at: '2024-03-05T12:00:00Z', sender },
          context,
        },
      ],
    },
  },
  {
    title: "the values that GitHub's page has for testing: the signature is right, and the body no JSON",
    docs: 'docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation',
    config,
    request: {
      headers: {
        ...headers('push'),
        'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      },
      body: 'Hello, World!',
    },
    expected: { refused: 'malformed-json' },
  },
  {
    title: 'only the older signature, which is not taken',
    docs: 'docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers',
    config,
    request: { headers: { ...headers('push'), 'x-hub-signature': 'sha1=7d38cdd689735b008b3c702edd92eea23791c5f6' }, body: '{}' },
    expected: { refused: 'wrong-signature' },
  },
]
