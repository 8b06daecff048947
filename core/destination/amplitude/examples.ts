import type { z } from 'zod'
import { type DestinationExample, sampleEvent } from '../../connector/example.ts'
import type { amplitudeConfigSchema } from './config.ts'

const source = 'amplitude.com/docs/apis/analytics/http-v2'
const groups = 'amplitude.com/docs/apis/analytics/group-identify'
const config = { api_key: 'API_KEY' }
const ids = { userId: 'datamonster@gmail.com', anonymousId: 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D' }
const timestamp = '2014-04-01T23:16:18.123Z'
const request = { path: '/2/httpapi', headers: { 'content-type': 'application/json' } }
const body = (...events: object[]) => ({ api_key: 'API_KEY', options: { min_id_length: 1 }, events })
const ok = { status: 200, answer: { code: 200, events_ingested: 1, payload_size_bytes: 50, server_upload_time: 1396381378123 } }

const watch = (messageId: string) =>
  sampleEvent({
    ...ids,
    type: 'track',
    messageId,
    timestamp,
    event: 'watch_tutorial',
    properties: { load_time: 0.8371, source: 'notification', dates: ['monday', 'tuesday'] },
    context: {
      ip: '127.0.0.1',
      locale: 'en-US',
      os: { name: 'iOS', version: '17.1' },
      device: { manufacturer: 'Apple', model: 'iPhone 9,1' },
    },
  })
const common = { user_id: ids.userId, device_id: ids.anonymousId, time: 1396394178123 }
const watched = (messageId: string) => ({
  event_type: 'watch_tutorial',
  ...common,
  insert_id: messageId,
  ip: '127.0.0.1',
  language: 'en-US',
  os_name: 'iOS',
  os_version: '17.1',
  device_model: 'iPhone 9,1',
  device_manufacturer: 'Apple',
  event_properties: { load_time: 0.8371, source: 'notification', dates: ['monday', 'tuesday'] },
})

const other = { ...watch('m2'), userId: 'other@gmail.com', anonymousId: 'D1' }
const others = { ...watched('m2'), user_id: 'other@gmail.com', device_id: 'D1' }

export const examples: readonly DestinationExample<Omit<z.input<typeof amplitudeConfigSchema>, 'url'>>[] = [
  {
    title: 'an event with what is known of its user and device',
    source,
    config,
    events: [watch('m1')],
    exchanges: [{ ...request, body: body(watched('m1')), ...ok }],
    outcomes: ['accepted'],
  },
  {
    title: 'an order with its revenue, a page by its name, in the session they are of',
    source,
    config,
    events: [
      sampleEvent({
        ...ids,
        type: 'track',
        messageId: 'm1',
        timestamp,
        event: 'Order Completed',
        properties: { revenue: 25 },
        context: { sessionId: 1396381378000 },
      }),
      sampleEvent({ ...ids, type: 'page', messageId: 'm2', timestamp, category: 'Docs', name: 'Index' }),
    ],
    exchanges: [
      {
        ...request,
        body: body(
          {
            event_type: 'Order Completed',
            ...common,
            insert_id: 'm1',
            session_id: 1396381378000,
            event_properties: { revenue: 25 },
            revenue: 25,
          },
          { event_type: 'Viewed Docs Index Page', ...common, insert_id: 'm2' },
        ),
        ...ok,
      },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'what is refused is taken out, and the rest sent again: the answer names the first at fault',
    source,
    config,
    events: [watch('m1'), watch('m2'), watch('m3')],
    exchanges: [
      {
        ...request,
        body: body(watched('m1'), watched('m2'), watched('m3')),
        status: 400,
        answer: { code: 400, error: 'Invalid field values on some events', events_with_invalid_fields: { time: [1] } },
      },
      { ...request, body: body(watched('m1'), watched('m3')), ...ok },
    ],
    outcomes: ['accepted', 'rejected', 'accepted'],
  },
  {
    title: 'events of throttled users wait, the others are sent again at once',
    source,
    config,
    events: [watch('m1'), other],
    exchanges: [
      {
        ...request,
        body: body(watched('m1'), others),
        status: 429,
        answer: {
          code: 429,
          error: 'Too many requests for some devices and users',
          eps_threshold: 30,
          throttled_devices: { 'C8F9E604-F01A-4BD9-95C6-8E5357DF265D': 31 },
          throttled_users: { 'datamonster@amplitude.com': 32 },
          throttled_events: [0],
        },
      },
      { ...request, body: body(others), ...ok },
    ],
    outcomes: ['undelivered', 'accepted'],
  },
  {
    title: 'what is above the daily quota of its user is refused for good, and found by the user',
    source: 'amplitude.com/docs/apis/analytics/batch-event-upload',
    config,
    events: [watch('m1'), other],
    exchanges: [
      {
        ...request,
        body: body(watched('m1'), others),
        status: 429,
        answer: {
          code: 429,
          error: 'Too many requests for some devices and users',
          eps_threshold: 1000,
          throttled_devices: { D1: 1001 },
          exceeded_daily_quota_users: { 'datamonster@gmail.com': 500_001 },
        },
      },
    ],
    outcomes: ['rejected', 'undelivered'],
  },
  {
    title: 'events of silenced devices are refused for good',
    source,
    config,
    events: [watch('m1'), watch('m2')],
    exchanges: [
      {
        ...request,
        body: body(watched('m1'), watched('m2')),
        status: 400,
        answer: {
          code: 400,
          eps_threshold: 100,
          error: 'Events silenced for device_id',
          exceeded_daily_quota_devices: {},
          silenced_devices: ['silenced_device_id_1'],
          silenced_events: [0],
          throttled_devices: { throttled_device_id_1: 0 },
          throttled_events: [1],
        },
      },
    ],
    outcomes: ['rejected', 'undelivered'],
  },
  {
    title: 'too large a request is sent in halves',
    source,
    config,
    events: [watch('m1'), watch('m2')],
    exchanges: [
      { ...request, body: body(watched('m1'), watched('m2')), status: 413, answer: { code: 413, error: 'Payload too large' } },
      { ...request, body: body(watched('m1')), ...ok },
      { ...request, body: body(watched('m2')), ...ok },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'a wrong key is a 400',
    source,
    config,
    events: [watch('m1')],
    exchanges: [{ ...request, body: body(watched('m1')), status: 400, answer: { code: 400, error: 'Invalid API key: API_KEY' } }],
    outcomes: { throws: 'destination-auth' },
  },
  {
    title: 'a user, and the group it is in',
    source: groups,
    config: { ...config, group_type: 'Seller' },
    events: [
      sampleEvent({ ...ids, type: 'identify', messageId: 'm1', timestamp, traits: { age: 25 } }),
      sampleEvent({ ...ids, type: 'group', messageId: 'm2', timestamp, groupId: '12345678', traits: { 'org plan': 'Enterprise' } }),
    ],
    exchanges: [
      {
        ...request,
        body: body(
          { event_type: '$identify', ...common, insert_id: 'm1', user_properties: { $set: { age: 25 } } },
          {
            event_type: '$identify',
            ...common,
            insert_id: 'm2',
            groups: { Seller: '12345678' },
            user_properties: { $set: { Seller: '12345678' } },
          },
        ),
        ...ok,
      },
      {
        path: '/groupidentify',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: {
          api_key: 'API_KEY',
          identification: '[{"group_type":"Seller","group_value":"12345678","group_properties":{"$set":{"org plan":"Enterprise"}}}]',
        },
        status: 200,
        answer: 'success',
      },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'rows of users',
    source,
    config,
    rows: { sync: 'people', object: 'users', operation: 'upsert', rows: [{ key: '42', fields: { high_value: true } }] },
    exchanges: [
      { ...request, body: body({ event_type: '$identify', user_id: '42', user_properties: { $set: { high_value: true } } }), ...ok },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'rows of groups',
    source: groups,
    config,
    rows: { sync: 'firms', object: 'groups', operation: 'upsert', rows: [{ key: 'initech', fields: { plan: 'pro' } }] },
    exchanges: [
      {
        path: '/groupidentify',
        body: {
          api_key: 'API_KEY',
          identification: '[{"group_type":"company","group_value":"initech","group_properties":{"$set":{"plan":"pro"}}}]',
        },
        status: 200,
        answer: 'success',
      },
    ],
    outcomes: ['accepted'],
  },
]
