import type { z } from 'zod'
import { type DestinationExample, sampleEvent } from '../../connector/example.ts'
import type { segmentConfigSchema } from './config.ts'

const source = 'segment.com/docs/connections/sources/catalog/libraries/server/http-api/'
const rudderstack = 'rudderstack.com/docs/api/http-api/'
const config = { write_key: 'abc123' }
const request = { path: '/v1/batch', headers: { authorization: 'Basic YWJjMTIzOg==', 'content-type': 'application/json' } }
const timestamp = '2012-12-02T00:30:08.276Z'

const identify = sampleEvent({
  type: 'identify',
  messageId: 'm1',
  userId: '019mr8mf4r',
  timestamp,
  sentAt: timestamp,
  traits: { email: 'jake@yahoo.com', name: 'Jake Peterson', age: 26 },
})
const track = sampleEvent({
  type: 'track',
  messageId: 'm2',
  userId: '019mr8mf4r',
  timestamp,
  event: 'Song Played',
  properties: { name: 'Fallin for You', artist: 'Dierks Bentley' },
})
const identified = {
  type: 'identify',
  messageId: 'm1',
  userId: '019mr8mf4r',
  timestamp,
  originalTimestamp: timestamp,
  context: {},
  traits: { email: 'jake@yahoo.com', name: 'Jake Peterson', age: 26 },
}
const tracked = {
  type: 'track',
  messageId: 'm2',
  userId: '019mr8mf4r',
  timestamp,
  originalTimestamp: timestamp,
  context: {},
  event: 'Song Played',
  properties: { name: 'Fallin for You', artist: 'Dierks Bentley' },
}

export const examples: readonly DestinationExample<Omit<z.input<typeof segmentConfigSchema>, 'url'>>[] = [
  {
    title: 'a batch of calls',
    source,
    config,
    events: [identify, track],
    exchanges: [{ ...request, body: { batch: [identified, tracked] }, status: 200, answer: { success: true } }],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'an event over 32 KB would have the whole batch refused, and is not sent',
    source,
    config,
    events: [{ ...track, properties: { text: 'x'.repeat(32_000) } }, track],
    exchanges: [{ ...request, body: { batch: [tracked] }, status: 200, answer: { success: true } }],
    outcomes: ['rejected', 'accepted'],
  },
  {
    title: 'a messageId of 100 characters or more is hashed, the same at every try',
    source,
    config,
    events: [{ ...track, messageId: 'm'.repeat(100) }],
    exchanges: [
      {
        ...request,
        body: { batch: [{ ...tracked, messageId: 'f6449b4f736925a0013c6cbeb5cc4129c77576761aa2f694cae0f55b1d43f5c9' }] },
        status: 200,
        answer: { success: true },
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'a batch with JSON it cannot read is sent again in halves',
    source,
    config,
    events: [identify, track],
    exchanges: [
      { ...request, body: { batch: [identified, tracked] }, status: 400, answer: { success: false, message: 'malformed JSON' } },
      { ...request, body: { batch: [identified] }, status: 400, answer: { success: false, message: 'malformed JSON' } },
      { ...request, body: { batch: [tracked] }, status: 200, answer: { success: true } },
    ],
    outcomes: ['rejected', 'accepted'],
  },
  {
    title: 'too many requests: it says when to come again',
    source,
    config,
    events: [track],
    exchanges: [{ ...request, body: { batch: [tracked] }, status: 429, answerHeaders: { 'retry-after': '12' } }],
    outcomes: { throws: 'destination-throttled' },
  },
  {
    title: 'RudderStack answers OK, and 401 to a key it does not know',
    source: rudderstack,
    config,
    events: [track],
    exchanges: [{ ...request, body: { batch: [tracked] }, status: 401, answer: 'Invalid Write Key' }],
    outcomes: { throws: 'destination-auth' },
  },
  {
    title: 'users are identified',
    source,
    config,
    rows: {
      sync: 'people',
      object: 'users',
      operation: 'upsert',
      rows: [{ key: '971mj8mk7p', fields: { email: 'cindy@example.com', high_value: true } }],
    },
    exchanges: [
      {
        ...request,
        body: { batch: [{ type: 'identify', userId: '971mj8mk7p', traits: { email: 'cindy@example.com', high_value: true } }] },
        status: 200,
        answer: { success: true },
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'groups are grouped; what is neither is no object of its',
    source,
    config,
    rows: {
      sync: 'firms',
      object: 'groups',
      operation: 'upsert',
      rows: [{ key: '8e9df332ac', fields: { name: 'Initech', employees: 420 } }],
    },
    exchanges: [
      {
        ...request,
        body: {
          batch: [
            {
              type: 'group',
              groupId: '8e9df332ac',
              anonymousId: 'group-8e9df332ac',
              traits: { name: 'Initech', employees: 420 },
            },
          ],
        },
        status: 200,
        answer: { success: true },
      },
    ],
    outcomes: ['accepted'],
  },
]
