import type { WebhookExample } from '../../connector/webhook-source.ts'

const config = { shared_secret: 'sharedsecretvalue' }
const docs = 'segment.com/docs/connections/destinations/catalog/webhooks'
const actions = 'segment.com/docs/connections/destinations/catalog/actions-webhook'

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a page, with what Segment says of its way put aside',
    docs: `${docs}#page`,
    config,
    request: {
      headers: { 'content-type': 'application/json', 'x-signature': 'c6baf4dd8895532335c0fe4313dd5f368e11efc7' },
      body: '{"version":1,"type":"page","userId":"019mr8mf4r","messageId":"ajs-1","properties":{"path":"/pricing","title":"Segment Pricing"},"context":{"library":{"name":"analytics.js"},"ip":"203.0.113.9"},"timestamp":"2012-12-02T00:30:08.276Z","sentAt":"2012-12-02T00:30:09.000Z","originalTimestamp":"2012-12-02T00:30:07.000Z","receivedAt":"2012-12-02T00:30:10.276Z"}',
    },
    expected: {
      events: [
        {
          type: 'page',
          userId: '019mr8mf4r',
          messageId: 'ajs-1',
          timestamp: '2012-12-02T00:30:08.276Z',
          properties: { path: '/pricing', title: 'Segment Pricing' },
          context: {
            library: { name: 'analytics.js' },
            ip: '203.0.113.9',
            segment: {
              sentAt: '2012-12-02T00:30:09.000Z',
              receivedAt: '2012-12-02T00:30:10.276Z',
              originalTimestamp: '2012-12-02T00:30:07.000Z',
              version: 1,
            },
          },
        },
      ],
    },
  },
  {
    title: 'an identify',
    docs: `${docs}#identify`,
    config,
    request: {
      headers: { 'x-signature': 'c028aa18e3eb1863799265d728304ae54cd8709c' },
      body: '{"version":1,"type":"identify","userId":"019mr8mf4r","messageId":"ajs-2","traits":{"email":"achilles@segment.com","name":"Achilles"},"timestamp":"2012-12-02T00:30:08.276Z"}',
    },
    expected: {
      events: [
        {
          type: 'identify',
          userId: '019mr8mf4r',
          messageId: 'ajs-2',
          traits: { email: 'achilles@segment.com', name: 'Achilles' },
          timestamp: '2012-12-02T00:30:08.276Z',
          context: { segment: { version: 1 } },
        },
      ],
    },
  },
  {
    title: 'a list, signed by its first event alone: the write key has to vouch for the others',
    docs: `${actions}#authenticate-batch-requests`,
    config,
    request: {
      headers: { 'x-signature': 'f8cd0c1ab392ee55987ba9e532595544b7a98f35' },
      body: '[{"type":"track","event":"Clicked Email","userId":"u1","messageId":"m1"},{"type":"group","groupId":"g1","userId":"u1","messageId":"m2","traits":{"name":"Initech"}}]',
    },
    expected: {
      events: [
        { type: 'track', event: 'Clicked Email', userId: 'u1', messageId: 'm1', context: { segment: {} } },
        { type: 'group', groupId: 'g1', userId: 'u1', messageId: 'm2', traits: { name: 'Initech' }, context: { segment: {} } },
      ],
    },
  },
  {
    title: 'a list that is signed as a whole',
    docs: 'github.com/segmentio/action-destinations/tree/main/packages/destination-actions/src/destinations/webhook',
    config,
    request: {
      headers: { 'x-segment-signature': 'ebc6080db65dfe936789d931c1ff47c0e6cf7c7c' },
      body: '[{"type":"screen","name":"Home","anonymousId":"a1","messageId":"m3"},{"type":"alias","previousId":"a1","userId":"u1","messageId":"m4"}]',
    },
    expected: {
      events: [
        { type: 'screen', name: 'Home', anonymousId: 'a1', messageId: 'm3', context: { segment: {} } },
        { type: 'alias', previousId: 'a1', userId: 'u1', messageId: 'm4', context: { segment: {} } },
      ],
    },
  },
  {
    title: 'a form of your own, made by a mapping',
    docs: actions,
    config: {},
    request: { body: '{"event":"Lead Scored","score":7}' },
    expected: { events: [{ type: 'track', event: 'Lead Scored', properties: { event: 'Lead Scored', score: 7 } }] },
  },
  {
    title: 'no signature where a secret is set',
    docs,
    config,
    request: { body: '{"type":"track","event":"A","userId":"u"}' },
    expected: { refused: 'wrong-signature' },
  },
]
