import type { z } from 'zod'
import type { DeliveryBatch } from '../../connector/destination.ts'
import { type DestinationExample, sampleEvent } from '../../connector/example.ts'
import type { webhookConfigSchema } from './config.ts'

/** The contract is our own; signatures are those of Standard Webhooks. */
const source = 'standardwebhooks.com'

const rows = [
  { key: '1', fields: { email: 'ada@example.com', high_value: true } },
  { key: '2', fields: { email: 'not an address', high_value: null } },
]
const upsert: DeliveryBatch = { sync: 'crm_contacts', object: 'contacts', operation: 'upsert', rows }
const envelope = { sync: 'crm_contacts', object: 'contacts', operation: 'upsert' }

const viewed = sampleEvent({ type: 'page', messageId: 'm1', anonymousId: 'a1', name: 'Home', context: { page: { path: '/' } } })
const ordered = sampleEvent({ type: 'track', messageId: 'm2', userId: 'u1', event: 'Order Completed', properties: { revenue: 9.5 } })

export const examples: readonly DestinationExample<Omit<z.input<typeof webhookConfigSchema>, 'url'>>[] = [
  {
    title: 'many rows a request; the tool answers for each',
    config: { batch: 'array' },
    source,
    rows: upsert,
    exchanges: [
      {
        path: '/',
        body: { ...envelope, rows },
        status: 200,
        answer: {
          results: [
            { key: '1', status: 'accepted', created: false },
            { key: '2', status: 'rejected', message: 'email is invalid' },
          ],
        },
      },
    ],
    outcomes: ['accepted, not created', 'rejected'],
  },
  {
    title: 'many rows a request; a plain 2xx accepts all',
    config: {},
    source,
    rows: upsert,
    exchanges: [{ path: '/', body: { ...envelope, rows }, status: 204 }],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'a tool that refuses the whole request is asked again in halves',
    config: {},
    source,
    rows: upsert,
    exchanges: [
      { path: '/', body: { ...envelope, rows }, status: 422, answer: { message: 'email is invalid' } },
      { path: '/', body: { ...envelope, rows: [rows[0]] }, status: 200 },
      { path: '/', body: { ...envelope, rows: [rows[1]] }, status: 422, answer: { message: 'email is invalid' } },
    ],
    outcomes: ['accepted', 'rejected'],
  },
  {
    title: 'a request a row; the status decides',
    config: { batch: 'single', method: 'PUT', concurrency: 1 },
    source,
    rows: upsert,
    exchanges: [
      { method: 'PUT', path: '/', body: { ...envelope, ...rows[0] }, status: 201 },
      { method: 'PUT', path: '/', body: { ...envelope, ...rows[1] }, status: 400, answer: { error: 'email is invalid' } },
    ],
    outcomes: ['accepted, created', 'rejected'],
  },
  {
    title: 'what is to be deleted and is not there is deleted',
    config: { batch: 'single', concurrency: 1 },
    source,
    rows: { ...upsert, operation: 'delete', rows: [{ key: '1', fields: { id: '1' } }] },
    exchanges: [{ path: '/', body: { ...envelope, operation: 'delete', key: '1', fields: { id: '1' } }, status: 404 }],
    outcomes: ['accepted'],
  },
  {
    title: 'events: an array of them, signed; a plain 2xx accepts all',
    source,
    config: { signing_secret: 'whsec_bWlsbHJhY2U=' },
    events: [viewed, ordered],
    exchanges: [{ path: '/', headers: { 'webhook-id': 'msg_0488a56769ba2eb347253ca7' }, body: [viewed, ordered], status: 202 }],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'events: the tool answers for each by its messageId',
    source,
    config: {},
    events: [viewed, ordered],
    exchanges: [
      {
        path: '/',
        body: [viewed, ordered],
        status: 200,
        answer: { results: [{ key: 'm2', status: 'rejected', message: 'no such order' }] },
      },
    ],
    outcomes: ['accepted', 'rejected'],
  },
  {
    title: 'events: a request each',
    source,
    config: { batch: 'single', concurrency: 1, headers: { Authorization: 'Bearer SECRET' } },
    events: [viewed, ordered],
    exchanges: [
      { path: '/', headers: { 'content-type': 'application/json' }, body: viewed, status: 200 },
      { path: '/', body: ordered, status: 200 },
    ],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'events: after one that could not be delivered the others wait',
    source,
    config: { batch: 'single', concurrency: 1 },
    events: [viewed, ordered],
    exchanges: [{ path: '/', body: viewed, status: 503, answerHeaders: { 'retry-after': '9' } }],
    outcomes: ['undelivered', 'undelivered'],
  },
  {
    title: 'events: an unreadable one stands alone in the end',
    source,
    config: {},
    events: [viewed, ordered],
    exchanges: [
      { path: '/', body: [viewed, ordered], status: 400, answer: { error: 'bad order' } },
      { path: '/', body: [viewed], status: 200 },
      { path: '/', body: [ordered], status: 400, answer: { error: 'bad order' } },
    ],
    outcomes: ['accepted', 'rejected'],
  },
]
