import type { WebhookExample } from '../../connector/webhook-source.ts'

// Made for these cases; the private half is not kept.
const config = {
  public_key:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETjA3l1sqNyX39NzVvJX/eyseeoarDIFGY+rlRF4ehWx6EM4AJdGH8X+Wj56edB1lR4SD0cEnJh9Tg6z5nB+lmw==',
}
const signature = 'x-twilio-email-event-webhook-signature'
const time = { 'x-twilio-email-event-webhook-timestamp': '1600112502' }
const docs = 'twilio.com/docs/sendgrid/for-developers/tracking-events/event'
const security = 'twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features'

export const examples: readonly WebhookExample<object>[] = [
  {
    title: 'a list of what became of mails',
    docs,
    config,
    request: {
      headers: { ...time, [signature]: 'MEQCIHE7IYuhzLL5UqSmHsVAqUDS//m1HrDa0Zhcgi++KwX7AiA/48WV/6ar1nJ9EAqEN1rJfRtVwRn9H6M2lvo6Pn83rw==' },
      body: '[{"email":"example@test.com","timestamp":1513299569,"smtp-id":"<14c5d75ce93.dfd.64b469@ismtpd-555>","event":"delivered","category":"cat facts","sg_event_id":"ev1","sg_message_id":"msg1","response":"250 OK"},{"email":"example@test.com","timestamp":1513299570,"event":"open","sg_machine_open":false,"useragent":"Mozilla/4.0","ip":"203.0.113.7","sg_event_id":"ev2","sg_message_id":"msg1","user_id":"u1"}]\r\n',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Email Delivered',
          anonymousId: 'example@test.com',
          messageId: 'ev1',
          timestamp: 1513299569,
          properties: {
            email: 'example@test.com',
            timestamp: 1513299569,
            'smtp-id': '<14c5d75ce93.dfd.64b469@ismtpd-555>',
            event: 'delivered',
            category: 'cat facts',
            sg_event_id: 'ev1',
            sg_message_id: 'msg1',
            response: '250 OK',
          },
          context: { traits: { email: 'example@test.com' } },
        },
        {
          type: 'track',
          event: 'Email Opened',
          userId: 'u1',
          anonymousId: 'example@test.com',
          messageId: 'ev2',
          timestamp: 1513299570,
          properties: {
            email: 'example@test.com',
            timestamp: 1513299570,
            event: 'open',
            sg_machine_open: false,
            useragent: 'Mozilla/4.0',
            ip: '203.0.113.7',
            sg_event_id: 'ev2',
            sg_message_id: 'msg1',
            user_id: 'u1',
          },
          context: { traits: { email: 'example@test.com' }, userAgent: 'Mozilla/4.0', ip: '203.0.113.7' },
        },
      ],
    },
  },
  {
    title: 'a click, with the link under the name of the email spec',
    docs: `${docs}#engagement-events`,
    config,
    request: {
      headers: { ...time, [signature]: 'MEYCIQCWmKWvxwxjUHjFArGLri7z4D9kzOJRthESR4C9VJYSNwIhAN7Tse9GNWQxMCfMmA4AN+jZvvjr17KYzFRVv7vz32uK' },
      body: '[{"email":"example@test.com","timestamp":1513299571,"event":"click","url":"http://www.sendgrid.com/","sg_event_id":"ev3"}]',
    },
    expected: {
      events: [
        {
          type: 'track',
          event: 'Email Link Clicked',
          anonymousId: 'example@test.com',
          messageId: 'ev3',
          timestamp: 1513299571,
          properties: {
            email: 'example@test.com',
            timestamp: 1513299571,
            event: 'click',
            url: 'http://www.sendgrid.com/',
            link_url: 'http://www.sendgrid.com/',
            sg_event_id: 'ev3',
          },
          context: { traits: { email: 'example@test.com' } },
        },
      ],
    },
  },
  {
    title: 'a kind that is not known keeps its name; your id stands under another argument; unsigned, with the write key',
    docs,
    config: { user_id: 'account' },
    request: { body: '[{"email":"example@test.com","timestamp":1513299572,"event":"novelty","sg_event_id":"ev4","account":42}]' },
    expected: {
      events: [
        {
          type: 'track',
          event: 'novelty',
          userId: '42',
          anonymousId: 'example@test.com',
          messageId: 'ev4',
          timestamp: 1513299572,
          properties: { email: 'example@test.com', timestamp: 1513299572, event: 'novelty', sg_event_id: 'ev4', account: 42 },
          context: { traits: { email: 'example@test.com' } },
        },
      ],
    },
  },
  {
    title: 'the signature of another body',
    docs: security,
    config,
    request: {
      headers: { ...time, [signature]: 'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=' },
      body: '[{"event":"open"}]',
    },
    expected: { refused: 'wrong-signature' },
  },
  {
    title: 'no signature where a key is set',
    docs: security,
    config,
    request: { headers: time, body: '[{"event":"open"}]' },
    expected: { refused: 'wrong-signature' },
  },
  {
    title: 'a signature older than the tolerance that was set',
    docs: security,
    config: { ...config, tolerance: 600 },
    now: 1600112502_000 + 601_000,
    request: {
      headers: { ...time, [signature]: 'MEUCIQDQPyOPReWSqAiKK23LE/923mb+7YSNq1ouGU2xtv+bbwIgMo8vU0H4iBs6i4670Qc2mVapEYcYfUmrTUf/1RN+RtI=' },
      body: '[{"event":"open"}]',
    },
    expected: { refused: 'wrong-signature' },
  },
]
