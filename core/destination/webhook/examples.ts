import type { z } from 'zod'
import type { DeliveryBatch, RowOutcome } from '../../connector/destination.ts'
import type { webhookConfigSchema } from './config.ts'

/** What goes over the wire: documentation and test case at once. */
export interface WebhookExample {
  title: string
  /** Without the url. */
  config: Omit<z.input<typeof webhookConfigSchema>, 'url'>
  batch: DeliveryBatch
  /** The requests, in order, and what the tool answers each with. */
  exchanges: { body: unknown; status: number; answer?: unknown }[]
  outcomes: (RowOutcome['status'] | 'accepted, not created')[]
}

const rows = [
  { key: '1', fields: { email: 'ada@example.com', high_value: true } },
  { key: '2', fields: { email: 'not an address', high_value: null } },
]
const upsert: DeliveryBatch = { sync: 'crm_contacts', object: 'contacts', operation: 'upsert', rows }
const envelope = { sync: 'crm_contacts', object: 'contacts', operation: 'upsert' }

export const webhookExamples: readonly WebhookExample[] = [
  {
    title: 'many rows a request; the tool answers for each',
    config: { batch: 'array' },
    batch: upsert,
    exchanges: [
      {
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
    batch: upsert,
    exchanges: [{ body: { ...envelope, rows }, status: 204 }],
    outcomes: ['accepted', 'accepted'],
  },
  {
    title: 'a tool that refuses the whole request is asked again in halves',
    config: {},
    batch: upsert,
    exchanges: [
      { body: { ...envelope, rows }, status: 422, answer: { message: 'email is invalid' } },
      { body: { ...envelope, rows: [rows[0]] }, status: 200 },
      { body: { ...envelope, rows: [rows[1]] }, status: 422, answer: { message: 'email is invalid' } },
    ],
    outcomes: ['accepted', 'rejected'],
  },
  {
    title: 'a request a row; the status decides',
    config: { batch: 'single', method: 'PUT', concurrency: 1 },
    batch: upsert,
    exchanges: [
      { body: { ...envelope, ...rows[0] }, status: 201 },
      { body: { ...envelope, ...rows[1] }, status: 400, answer: { error: 'email is invalid' } },
    ],
    outcomes: ['accepted', 'rejected'],
  },
  {
    title: 'what is to be deleted and is not there is deleted',
    config: { batch: 'single', concurrency: 1 },
    batch: { ...upsert, operation: 'delete', rows: [{ key: '1', fields: { id: '1' } }] },
    exchanges: [{ body: { ...envelope, operation: 'delete', key: '1', fields: { id: '1' } }, status: 404 }],
    outcomes: ['accepted'],
  },
]
