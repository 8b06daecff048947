import type { z } from 'zod'
import { type DestinationExample, sampleEvent } from '../../connector/example.ts'
import type { ga4ConfigSchema } from './config.ts'

const sending = 'developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events'
const events = 'developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events'
const reference = 'developers.google.com/analytics/devguides/collection/protocol/ga4/reference'
const config = { measurement_id: 'G-ABC123', api_secret: 'API_SECRET' }
const request = { path: '/mp/collect?measurement_id=G-ABC123&api_secret=API_SECRET', headers: { 'content-type': 'application/json' } }
const now = '2026-11-24T10:00:00.000Z'
const timestamp = '2026-11-24T09:59:58.123Z'
const timestamp_micros = 1795514398123000
const ids = { anonymousId: 'CLIENT_ID', timestamp }
const taken = { status: 204 }

export const examples: readonly DestinationExample<Omit<z.input<typeof ga4ConfigSchema>, 'url'>>[] = [
  {
    title: 'an event, in its session',
    source: sending,
    config,
    now,
    events: [sampleEvent({ ...ids, type: 'track', event: 'Signed In', properties: { method: 'Google' }, context: { sessionId: 1794567 } })],
    exchanges: [
      {
        ...request,
        body: {
          client_id: 'CLIENT_ID',
          events: [{ name: 'login', params: { method: 'Google', session_id: '1794567', engagement_time_msec: 1 }, timestamp_micros }],
        },
        ...taken,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'an order is a purchase',
    source: events,
    config,
    now,
    events: [
      sampleEvent({
        ...ids,
        type: 'track',
        userId: 'u1',
        event: 'Order Completed',
        properties: {
          order_id: 'T_12345',
          revenue: 30.03,
          tax: 4.9,
          shipping: 5.99,
          currency: 'USD',
          coupon: 'SUMMER_FUN',
          products: [
            { product_id: 'SKU_12345', name: 'Stan and Friends Tee', brand: 'Google', category: 'Apparel', price: 10.01, quantity: 3 },
          ],
          gift: { wrapped: true, card: '' },
        },
      }),
    ],
    exchanges: [
      {
        ...request,
        body: {
          client_id: 'CLIENT_ID',
          user_id: 'u1',
          events: [
            {
              name: 'purchase',
              params: {
                transaction_id: 'T_12345',
                value: 30.03,
                items: [
                  {
                    item_id: 'SKU_12345',
                    item_name: 'Stan and Friends Tee',
                    item_brand: 'Google',
                    item_category: 'Apparel',
                    price: 10.01,
                    quantity: 3,
                  },
                ],
                currency: 'USD',
                tax: 4.9,
                shipping: 5.99,
                coupon: 'SUMMER_FUN',
                gift_wrapped: 'true',
                engagement_time_msec: 1,
              },
              timestamp_micros,
            },
          ],
        },
        ...taken,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'a page is a page_view; a request is about one client',
    source: reference,
    config: { ...config, client_id: 'context.ga_client_id', concurrency: 1 },
    now,
    events: [
      sampleEvent({
        ...ids,
        type: 'page',
        properties: { url: 'https://shop.example/', title: 'Shop' },
        context: { ga_client_id: '1.2' },
      }),
      sampleEvent({ timestamp, type: 'track', userId: 'u2', event: 'Tutorial Begin' }),
      sampleEvent({ ...ids, type: 'track', event: 'Cart Viewed', context: { ga_client_id: '1.2' } }),
    ],
    exchanges: [
      {
        ...request,
        body: {
          client_id: '1.2',
          events: [
            {
              name: 'page_view',
              params: { page_location: 'https://shop.example/', page_title: 'Shop', engagement_time_msec: 1 },
              timestamp_micros,
            },
            { name: 'view_cart', params: { engagement_time_msec: 1 }, timestamp_micros },
          ],
        },
        ...taken,
      },
      {
        ...request,
        body: {
          client_id: 'u2',
          user_id: 'u2',
          events: [{ name: 'tutorial_begin', params: { engagement_time_msec: 1 }, timestamp_micros }],
        },
        ...taken,
      },
    ],
    outcomes: ['accepted', 'accepted', 'accepted'],
  },
  {
    title: 'what Google would drop without a word is refused by name',
    source: reference,
    config,
    now,
    events: [
      sampleEvent({ ...ids, type: 'track', event: 'Session Start' }),
      sampleEvent({ ...ids, type: 'track', event: '24 hours left' }),
      sampleEvent({ ...ids, type: 'track', event: 'A name that is longer than the forty letters it may have' }),
      sampleEvent({ ...ids, type: 'track', event: 'Clicked', timestamp: '2026-11-21T09:59:59.999Z' }),
      sampleEvent({ ...ids, type: 'track', event: 'Order Completed', properties: { revenue: 5 } }),
      sampleEvent({ ...ids, type: 'track', event: 'Product Added', properties: { value: 5 } }),
      sampleEvent({
        ...ids,
        type: 'track',
        event: 'Clicked',
        properties: Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`p${index}`, index])),
      }),
    ],
    exchanges: [],
    outcomes: ['rejected', 'rejected', 'rejected', 'rejected', 'rejected', 'rejected', 'rejected'],
  },
  {
    title: 'reserved parameters are left out, values cut to 100 characters, and only chosen ones sent',
    source: sending,
    config: { ...config, params: ['_internal', 'ga_x', 'note', '1st'] },
    now,
    events: [
      sampleEvent({
        ...ids,
        type: 'track',
        event: 'Clicked',
        properties: { _internal: 1, ga_x: 2, note: 'x'.repeat(101), '1st': true, secret: 'no' },
      }),
    ],
    exchanges: [
      {
        ...request,
        body: {
          client_id: 'CLIENT_ID',
          events: [{ name: 'clicked', params: { note: 'x'.repeat(100), p_1st: 'true', engagement_time_msec: 1 }, timestamp_micros }],
        },
        ...taken,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'names that JavaScript knows are names like any other',
    source: sending,
    config,
    now,
    events: [sampleEvent({ ...ids, type: 'track', event: 'constructor', properties: { constructor: 1, toString: 'a' } })],
    exchanges: [
      {
        ...request,
        body: {
          client_id: 'CLIENT_ID',
          events: [{ name: 'constructor', params: { constructor: 1, toString: 'a', engagement_time_msec: 1 }, timestamp_micros }],
        },
        ...taken,
      },
    ],
    outcomes: ['accepted'],
  },
  {
    title: 'what lies ahead happened when it arrives',
    source: sending,
    config,
    now,
    events: [sampleEvent({ ...ids, type: 'track', event: 'Clicked', timestamp: '2026-11-25T10:00:00.000Z' })],
    exchanges: [
      {
        ...request,
        body: { client_id: 'CLIENT_ID', events: [{ name: 'clicked', params: { engagement_time_msec: 1 } }] },
        ...taken,
      },
    ],
    outcomes: ['accepted'],
  },
]
