import type { WebhookExample } from '../../connector/webhook-source.ts'

const docs = 'braze.com/docs/user_guide/data/distribution/braze_currents/event_glossary/message_engagement_events'
const connector = 'braze.com/docs/user_guide/data/distribution/braze_currents/setting_up_currents/custom_http_connector'
const behaviour = 'braze.com/docs/user_guide/data/distribution/braze_currents/event_glossary/customer_behavior_events'
const config = { token: 'bearer-of-the-current' }
const headers = { 'content-type': 'application/json', authorization: 'Bearer bearer-of-the-current' }

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a list of events: a mail opened, a push sent',
    docs,
    config,
    request: {
      headers,
      body: '{"events":[{"event_type":"users.messages.email.Open","id":"a1","time":1477502783,"user":{"user_id":"b1","external_user_id":"u1","timezone":"America/Chicago"},"properties":{"app_id":"app","campaign_id":"c1","campaign_name":"Welcome","email_address":"ada@example.com","user_agent":"Mozilla/5.0","send_id":"s1"}},{"event_type":"users.messages.pushnotification.Send","id":"a2","time":1477502784,"user":{"user_id":"b2","device_id":"d2"},"properties":{"platform":"ios","os_version":"17.1","device_model":"iPhone"}}]}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'users.messages.email.Open',
          userId: 'u1',
          anonymousId: 'b1',
          messageId: 'a1',
          timestamp: 1477502783,
          properties: {
            app_id: 'app',
            campaign_id: 'c1',
            campaign_name: 'Welcome',
            email_address: 'ada@example.com',
            user_agent: 'Mozilla/5.0',
            send_id: 's1',
          },
          context: { traits: { email: 'ada@example.com' }, timezone: 'America/Chicago', userAgent: 'Mozilla/5.0' },
        },
        {
          type: 'track',
          event: 'users.messages.pushnotification.Send',
          anonymousId: 'b2',
          messageId: 'a2',
          timestamp: 1477502784,
          properties: { platform: 'ios', os_version: '17.1', device_model: 'iPhone' },
          context: { device: { id: 'd2', model: 'iPhone' }, os: { name: 'ios', version: '17.1' } },
        },
      ],
    },
  },
  {
    title: 'a purchase',
    docs: behaviour,
    config,
    request: {
      headers,
      body: '{"events":[{"event_type":"users.behaviors.Purchase","id":"a3","time":1477502785,"user":{"user_id":"b1","external_user_id":"u1"},"properties":{"product_id":"p1","price":9.99,"currency":"EUR"}}]}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'users.behaviors.Purchase',
          userId: 'u1',
          anonymousId: 'b1',
          messageId: 'a3',
          timestamp: 1477502785,
          properties: { product_id: 'p1', price: 9.99, currency: 'EUR' },
          context: {},
        },
      ],
    },
  },
  {
    title: 'a text message delivered, by a Current without a token, with the write key',
    docs: connector,
    config: {},
    request: {
      body: '{"events":[{"event_type":"users.messages.sms.Delivery","id":"a4","time":1477502786,"user":{"user_id":"b4"},"properties":{"to_phone_number":"+15555555555"}}]}',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'users.messages.sms.Delivery',
          anonymousId: 'b4',
          messageId: 'a4',
          timestamp: 1477502786,
          properties: { to_phone_number: '+15555555555' },
          context: { traits: { phone: '+15555555555' } },
        },
      ],
    },
  },
  {
    title: 'a kind of event that is new: Braze adds some, and wants that not to matter',
    docs: `${connector}#change-resilience`,
    config,
    request: { headers, body: '{"events":[{"event_type":"users.novelty.Appear","id":"a5","time":1477502787,"user":{}}]}' },
    expected: { events: [{ type: 'track', event: 'users.novelty.Appear', messageId: 'a5', timestamp: 1477502787, context: {} }] },
  },
  {
    title: 'the test of a connection, with no events',
    docs: connector,
    config,
    request: { headers, body: '{"events":[]}' },
    expected: { events: [] },
  },
  {
    title: 'another token',
    docs: connector,
    config,
    request: { headers: { authorization: 'Bearer other' }, body: '{"events":[]}' },
    expected: { refused: 'wrong-signature' },
  },
]
