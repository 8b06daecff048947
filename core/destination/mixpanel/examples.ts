import type { z } from 'zod'
import { type DestinationExample, sampleEvent } from '../../connector/example.ts'
import type { mixpanelConfigSchema } from './config.ts'

const source = 'docs.mixpanel.com/reference/import-events'
const errors = 'docs.mixpanel.com/troubleshooting/errors/400-bad-request'
const profiles = 'docs.mixpanel.com/reference/profile-set'
const groups = 'docs.mixpanel.com/reference/group-set'
const config = { token: 'TOKEN' }
const imports = { path: '/import?strict=1', headers: { authorization: 'Basic VE9LRU46', 'content-type': 'application/json' } }
const imported = { status: 200, answer: { code: 200, num_records_imported: 1, status: 'OK' } }
const engage = { path: '/engage?verbose=1' }
const done = { status: 200, answer: { error: null, status: 1 } }
const user = '91304156-cafc-4673-a237-623d1129c801'
const timestamp = '2021-04-18T03:27:57.000Z'

const signup = sampleEvent({
  type: 'track',
  messageId: '29fc2962-6d9c-455d-95ad-95b84f09b9e4',
  userId: user,
  timestamp,
  event: 'Signup',
  properties: { 'Referred by': 'Friend' },
  context: { ip: '136.24.0.114', page: { url: 'https://mixpanel.com/signup' } },
})
const signedUp = {
  event: 'Signup',
  properties: {
    ip: '136.24.0.114',
    $current_url: 'https://mixpanel.com/signup',
    'Referred by': 'Friend',
    time: 1618716477000,
    distinct_id: user,
    $user_id: user,
    $insert_id: '29fc2962-6d9c-455d-95ad-95b84f09b9e4',
  },
}
const purchase = sampleEvent({
  type: 'track',
  messageId: '935d87b1-00cd-41b7-be34-b9d98dd08b42',
  anonymousId: 'device-1',
  timestamp,
  event: 'Purchase',
  properties: { Item: 'Coffee', Amount: 5 },
})
const purchased = {
  event: 'Purchase',
  properties: {
    Item: 'Coffee',
    Amount: 5,
    time: 1618716477000,
    distinct_id: 'device-1',
    $device_id: 'device-1',
    $insert_id: '935d87b1-00cd-41b7-be34-b9d98dd08b42',
  },
}

export const examples: readonly DestinationExample<Omit<z.input<typeof mixpanelConfigSchema>, 'url'>>[] = [
  {
    title: 'events of a user and of a device',
    source,
    config,
    events: [signup, purchase],
    exchanges: [{ ...imports, body: [signedUp, purchased], ...imported }],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'by a service account',
    source,
    config: { ...config, service_account: { username: 'millrace', secret: 's', project_id: '117' } },
    events: [signup],
    exchanges: [
      {
        path: '/import?strict=1&project_id=117',
        headers: { authorization: 'Basic bWlsbHJhY2U6cw==' },
        body: [signedUp],
        ...imported,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'a 400 has taken what it does not name',
    source: errors,
    config,
    events: [signup, purchase],
    exchanges: [
      {
        ...imports,
        body: [signedUp, purchased],
        status: 400,
        answer: {
          code: 400,
          error: 'some data points in the request failed validation',
          status: 'Bad Request',
          num_records_imported: 1,
          failed_records: [
            {
              index: 0,
              insert_id: '29fc2962-6d9c-455d-95ad-95b84f09b9e4',
              field: 'properties.time',
              message: "'properties.time' is invalid: must be specified as seconds since epoch",
            },
          ],
        },
      },
    ],
    outcomes: ['rejected', 'accepted'],
  },
  {
    title: 'too many events: again after a pause',
    source: 'docs.mixpanel.com/troubleshooting/errors/429-rate-limit-exceeded',
    config,
    events: [signup],
    exchanges: [
      {
        ...imports,
        body: [signedUp],
        status: 429,
        answer: {
          code: 429,
          error: 'Project exceeded rate limits. Please retry the request with exponential backoff.',
          status: 'Too Many Requests',
        },
      },
    ],
    outcomes: { throws: 'destination-throttled' },
  },
  {
    title: 'too large a request is sent in halves',
    source: 'docs.mixpanel.com/troubleshooting/errors/413-payload-too-large',
    config,
    events: [signup, purchase],
    exchanges: [
      { ...imports, body: [signedUp, purchased], status: 413, answer: { code: 413, error: 'request exceeds max limit', status: 0 } },
      { ...imports, body: [signedUp], ...imported },
      { ...imports, body: [purchased], ...imported },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'a user is told with all that was done before the login; a device alone has no profile',
    source: profiles,
    config,
    events: [
      sampleEvent({
        type: 'identify',
        messageId: 'm1',
        userId: '13793',
        anonymousId: 'device-1',
        timestamp,
        traits: { email: 'ada@example.com', Plan: 'pro' },
        context: { ip: '136.24.0.114' },
      }),
      sampleEvent({ type: 'identify', messageId: 'm2', anonymousId: 'device-2', timestamp, traits: { Plan: 'free' } }),
    ],
    exchanges: [
      {
        ...imports,
        body: [
          {
            event: '$identify',
            properties: {
              ip: '136.24.0.114',
              $identified_id: '13793',
              $anon_id: 'device-1',
              time: 1618716477000,
              distinct_id: '13793',
              $user_id: '13793',
              $device_id: 'device-1',
              $insert_id: 'm1',
            },
          },
        ],
        ...imported,
      },
      {
        ...engage,
        body: [{ $token: 'TOKEN', $distinct_id: '13793', $ip: '136.24.0.114', $set: { $email: 'ada@example.com', Plan: 'pro' } }],
        ...done,
      },
    ],
    outcomes: ['accepted', 'skipped'],
  },
  {
    title: 'a user in a group',
    source: groups,
    config,
    events: [sampleEvent({ type: 'group', userId: '13793', timestamp, groupId: 'Mixpanel', traits: { Address: '1313 Mockingbird Lane' } })],
    exchanges: [
      {
        ...engage,
        body: [{ $token: 'TOKEN', $distinct_id: '13793', $ip: '0', $union: { company: ['Mixpanel'] } }],
        ...done,
      },
      {
        path: '/groups?verbose=1',
        body: [{ $token: 'TOKEN', $group_key: 'company', $group_id: 'Mixpanel', $set: { Address: '1313 Mockingbird Lane' } }],
        ...done,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'users; of a failure within a 200 the culprit is found by halves',
    source: profiles,
    config,
    rows: {
      sync: 'people',
      object: 'users',
      operation: 'upsert',
      rows: [
        { key: '13793', fields: { high_value: true } },
        { key: '', fields: { high_value: false } },
      ],
    },
    exchanges: [
      {
        ...engage,
        body: [
          { $token: 'TOKEN', $distinct_id: '13793', $ip: '0', $set: { high_value: true } },
          { $token: 'TOKEN', $distinct_id: '', $ip: '0', $set: { high_value: false } },
        ],
        status: 200,
        answer: { error: 'data, missing or empty $distinct_id', status: 0 },
      },
      { ...engage, body: [{ $token: 'TOKEN', $distinct_id: '13793', $ip: '0', $set: { high_value: true } }], ...done },
      {
        ...engage,
        body: [{ $token: 'TOKEN', $distinct_id: '', $ip: '0', $set: { high_value: false } }],
        status: 200,
        answer: { error: 'data, missing or empty $distinct_id', status: 0 },
      },
    ],
    outcomes: ['accepted', 'rejected'],
  },
  {
    title: 'users to delete',
    source: 'docs.mixpanel.com/reference/delete-profile',
    config,
    rows: { sync: 'people', object: 'users', operation: 'delete', rows: [{ key: '13793', fields: { id: '13793' } }] },
    exchanges: [
      {
        ...engage,
        body: [{ $token: 'TOKEN', $distinct_id: '13793', $ip: '0', $delete: '', $ignore_alias: true }],
        ...done,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'groups',
    source: groups,
    config: { ...config, group_type: 'account' },
    rows: { sync: 'firms', object: 'groups', operation: 'upsert', rows: [{ key: 'Mixpanel', fields: { plan: 'pro' } }] },
    exchanges: [
      {
        path: '/groups?verbose=1',
        body: [{ $token: 'TOKEN', $group_key: 'account', $group_id: 'Mixpanel', $set: { plan: 'pro' } }],
        ...done,
      },
    ],
    outcomes: ['accepted'],
  },
]
