import type { WebhookExample } from '../../connector/webhook-source.ts'

const docs = 'support.iterable.com/hc/en-us/articles/208013936-System-Webhooks'
const config = { authorization: 'OAuth2 J1qK1c18UUGJFAzz9xnH56584l4' }
const headers = { 'content-type': 'application/json', authorization: 'OAuth2 J1qK1c18UUGJFAzz9xnH56584l4' }

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a mail was opened',
    docs,
    config,
    request: {
      headers,
      body: '{"email":"docs@iterable.com","userId":"1","eventName":"emailOpen","dataFields":{"userAgent":"Mozilla/5.0","proxySource":"Gmail","createdAt":"2016-12-02 18:51:45 +00:00","templateId":167484,"campaignId":49313,"messageId":"210badf49fe54f2591d64ad0d055f4fb","email":"docs@iterable.com"}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'emailOpen',
          userId: '1',
          anonymousId: 'docs@iterable.com',
          timestamp: '2016-12-02 18:51:45 +00:00',
          properties: {
            userAgent: 'Mozilla/5.0',
            proxySource: 'Gmail',
            createdAt: '2016-12-02 18:51:45 +00:00',
            templateId: 167484,
            campaignId: 49313,
            messageId: '210badf49fe54f2591d64ad0d055f4fb',
            email: 'docs@iterable.com',
          },
          context: { traits: { email: 'docs@iterable.com' }, userAgent: 'Mozilla/5.0' },
        },
      ],
    },
  },
  {
    title: 'a link was clicked, by somebody known by the address alone',
    docs,
    config,
    request: {
      headers,
      body: '{"email":"docs@iterable.com","eventName":"emailClick","dataFields":{"ip":"192.168.0.1","url":"https://iterable.com","createdAt":"2016-12-03 10:00:00 +00:00","messageId":"d3c44d47b4994306b4db8d16a94db025"}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'emailClick',
          anonymousId: 'docs@iterable.com',
          timestamp: '2016-12-03 10:00:00 +00:00',
          properties: {
            ip: '192.168.0.1',
            url: 'https://iterable.com',
            createdAt: '2016-12-03 10:00:00 +00:00',
            messageId: 'd3c44d47b4994306b4db8d16a94db025',
          },
          context: { traits: { email: 'docs@iterable.com' }, ip: '192.168.0.1' },
        },
      ],
    },
  },
  {
    title: 'a push to a user who has no address; no secret, so with the write key',
    docs,
    config: {},
    request: {
      body: '{"userId":"7","eventName":"pushSend","dataFields":{"platformEndpoint":"arn","createdAt":"2016-12-08 00:53:11 +00:00"}}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'pushSend',
          userId: '7',
          timestamp: '2016-12-08 00:53:11 +00:00',
          properties: { platformEndpoint: 'arn', createdAt: '2016-12-08 00:53:11 +00:00' },
          context: {},
        },
      ],
    },
  },
  {
    title: 'a kind of event that is new',
    docs,
    config,
    request: { headers, body: '{"email":"docs@iterable.com","eventName":"fooBar","other":1}' },
    expected: {
      events: [
        {
          type: 'track',
          event: 'fooBar',
          anonymousId: 'docs@iterable.com',
          properties: { email: 'docs@iterable.com', eventName: 'fooBar', other: 1 },
          context: { traits: { email: 'docs@iterable.com' } },
        },
      ],
    },
  },
  {
    title: 'another token',
    docs,
    config,
    request: { headers: { authorization: 'OAuth2 another' }, body: '{"eventName":"emailOpen"}' },
    expected: { refused: 'wrong-signature' },
  },
]
