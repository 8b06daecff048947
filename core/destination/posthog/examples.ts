import type { z } from 'zod'
import { type DestinationExample, sampleEvent } from '../../connector/example.ts'
import type { posthogConfigSchema } from './config.ts'

const source = 'posthog.com/docs/api/capture'
const config = { api_key: 'phc_KEY' }
const request = { path: '/batch/', headers: { 'content-type': 'application/json' } }
const ok = { status: 200, answer: { status: 1 } }
const body = (...batch: object[]) => ({ api_key: 'phc_KEY', historical_migration: false, batch })
const timestamp = '2020-08-16T09:03:11.913Z'
const uuid = '13c0b661-f48b-51cd-ba54-97c5999169c0'

const track = sampleEvent({ type: 'track', userId: '123', timestamp, event: 'event name', properties: { account_type: 'pro' } })
const tracked = {
  event: 'event name',
  distinct_id: '123',
  properties: { $geoip_disable: true, account_type: 'pro' },
  timestamp,
  uuid,
}

export const examples: readonly DestinationExample<Omit<z.input<typeof posthogConfigSchema>, 'url'>>[] = [
  {
    title: 'an event',
    source,
    config,
    events: [track],
    exchanges: [{ ...request, body: body(tracked), ...ok }],
    outcomes: ['accepted'],
  },
  {
    title: 'a page and a screen, of somebody who has no profile',
    source,
    config,
    events: [
      sampleEvent({
        type: 'page',
        anonymousId: 'a1',
        timestamp,
        properties: { url: 'https://posthog.com/docs/api/capture' },
        context: { ip: '136.24.0.114', groupId: 'posthog' },
      }),
      sampleEvent({ type: 'screen', anonymousId: 'a1', timestamp, name: 'TheScreen' }),
    ],
    exchanges: [
      {
        ...request,
        body: body(
          {
            event: '$pageview',
            distinct_id: 'a1',
            properties: {
              $ip: '136.24.0.114',
              $groups: { company: 'posthog' },
              $process_person_profile: false,
              $current_url: 'https://posthog.com/docs/api/capture',
              url: 'https://posthog.com/docs/api/capture',
            },
            timestamp,
            uuid,
          },
          {
            event: '$screen',
            distinct_id: 'a1',
            properties: { $geoip_disable: true, $process_person_profile: false, $screen_name: 'TheScreen' },
            timestamp,
            uuid,
          },
        ),
        ...ok,
      },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'a person, who was somebody without a name before; without a name there is no person',
    source,
    config,
    events: [
      sampleEvent({ type: 'identify', userId: '123', anonymousId: 'a1', timestamp, traits: { is_cool: true } }),
      sampleEvent({ type: 'identify', anonymousId: 'a2', timestamp, traits: { is_cool: true } }),
    ],
    exchanges: [
      {
        ...request,
        body: body({
          event: '$identify',
          distinct_id: '123',
          properties: { $geoip_disable: true, $set: { is_cool: true }, $anon_distinct_id: 'a1' },
          timestamp,
          uuid,
        }),
        ...ok,
      },
    ],
    outcomes: ['accepted', 'skipped'],
  },
  {
    title: 'a group, and an alias',
    source,
    config,
    events: [
      sampleEvent({ type: 'group', userId: '123', timestamp, groupId: 'posthog', traits: { subscription: 'premium' } }),
      sampleEvent({ type: 'alias', userId: '123', timestamp, previousId: '456' }),
    ],
    exchanges: [
      {
        ...request,
        body: body(
          {
            event: '$groupidentify',
            distinct_id: '123',
            properties: {
              $geoip_disable: true,
              $groups: { company: 'posthog' },
              $group_type: 'company',
              $group_key: 'posthog',
              $group_set: { subscription: 'premium' },
            },
            timestamp,
            uuid,
          },
          { event: '$create_alias', distinct_id: '123', properties: { $geoip_disable: true, alias: '456' }, timestamp, uuid },
        ),
        ...ok,
      },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'a messageId that is no UUID becomes one, the same at every try',
    source,
    config,
    events: [{ ...track, messageId: 'node-1' }],
    exchanges: [{ ...request, body: body({ ...tracked, uuid: '35971be6-e9bb-824a-8955-82fe0e42e048' }), ...ok }],
    outcomes: ['accepted'],
  },
  {
    title: 'too large a request is sent in halves',
    source,
    config,
    events: [track, track],
    exchanges: [
      { ...request, body: body(tracked, tracked), status: 413, answer: 'Payload Too Large' },
      { ...request, body: body(tracked), ...ok },
      { ...request, body: body(tracked), ...ok },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'a key it does not know',
    source,
    config,
    events: [track],
    exchanges: [
      {
        ...request,
        body: body(tracked),
        status: 401,
        answer: { type: 'authentication_error', code: 'invalid_api_key', detail: 'Project API key invalid.', attr: null },
      },
    ],
    outcomes: { throws: 'destination-auth' },
  },
  {
    title: 'rows of persons',
    source,
    config,
    rows: { sync: 'people', object: 'users', operation: 'upsert', rows: [{ key: '123', fields: { high_value: true } }] },
    exchanges: [
      {
        ...request,
        body: body({ event: '$identify', distinct_id: '123', properties: { $set: { high_value: true }, $geoip_disable: true } }),
        ...ok,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'rows of groups',
    source,
    config: { ...config, group_type: 'account' },
    rows: { sync: 'firms', object: 'groups', operation: 'upsert', rows: [{ key: 'posthog', fields: { subscription: 'premium' } }] },
    exchanges: [
      {
        ...request,
        body: body({
          event: '$groupidentify',
          distinct_id: 'group-posthog',
          properties: {
            $group_type: 'account',
            $group_key: 'posthog',
            $group_set: { subscription: 'premium' },
            $process_person_profile: false,
            $geoip_disable: true,
          },
        }),
        ...ok,
      },
    ],
    outcomes: ['accepted'],
  },
]
