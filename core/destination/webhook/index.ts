import { z } from 'zod'
import { checkBy } from '../../connector/check.ts'
import { type DeliveryBatch, defineDestination } from '../../connector/destination.ts'
import { type Answer, refusal, rejection, sendJson } from '../../connector/json-request.ts'
import { deliverPieces, type Lane, type Piece, type Reply } from '../../connector/pieces.ts'
import { eventTypes } from '../../event/schema.ts'
import { sha256 } from '../../event/message-id.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type WebhookConfig, webhookConfigSchema } from './config.ts'

/** What a tool may answer many rows or events with; the key of an event is its messageId. What it does not name was accepted. */
const answerSchema = z.object({
  results: z.array(
    z.object({
      key: z.coerce.string(),
      status: z.enum(['accepted', 'rejected']),
      created: z.boolean().optional(),
      message: z.string().optional(),
    }),
  ),
})

const limits = { count: 100, bytes: 4_000_000 }

/** Sends rows and events as JSON to any HTTP address. */
export const webhook = defineDestination<WebhookConfig>({
  name: 'webhook',
  title: 'Webhook',
  description:
    'Sends JSON to any HTTP address. Rows: {"sync", "object", "operation", "rows": [{"key", "fields"}]}. Events: an array of them, in the standard form.',
  config: webhookConfigSchema,

  // Any answer shows that somebody is there; only a refusal of our credentials or a broken server speaks against it.
  check: (config, runtime) => checkBy(send(config, 'HEAD', undefined, undefined, runtime)),

  rows: {
    limits: { batchSize: limits.count },
    operations: ['upsert', 'delete'],
    deliver(config, batch, runtime) {
      const { sync, object, operation } = batch
      const opening = JSON.stringify({ sync, object, operation }).slice(0, -1)
      const pieces = batch.rows.map(({ key, fields }) => [{ lane: 'rows', key, json: JSON.stringify({ key, fields }) }])
      const body = (json: string) => `${opening},${json.slice(1)}`
      return deliver(config, pieces, 'row', batch, async (sent) => {
        const many = config.batch === 'array'
        const text = body(many ? `{"rows":[${sent.map(({ json }) => json).join(',')}]}` : sent[0]!.json)
        // The same fields may be sent again, later: such a request is a message of its own.
        return send(config, config.method, text, randomId(runtime), runtime)
      })
    },
  },

  events: {
    limits: { batchSize: limits.count, batchBytes: limits.bytes },
    types: eventTypes,
    deliver(config, events, runtime) {
      const pieces = events.map((event) => [{ lane: 'events', key: event.messageId, json: JSON.stringify(event) }])
      return deliver(config, pieces, 'event', undefined, async (sent) => {
        const text = config.batch === 'array' ? `[${sent.map(({ json }) => json).join(',')}]` : sent[0]!.json
        return send(config, config.method, text, (await sha256(text)).slice(0, 24), runtime)
      })
    },
  },
})

function deliver(
  config: WebhookConfig,
  pieces: Piece[][],
  what: 'row' | 'event',
  batch: DeliveryBatch | undefined,
  post: (pieces: readonly Piece[]) => Promise<Answer>,
) {
  const single = config.batch === 'single'
  const lane: Lane = {
    limits: { ...limits, count: single ? 1 : limits.count },
    send: async (sent) => replyOf(await post(sent), sent, what, batch?.operation === 'delete', single),
  }
  return deliverPieces<never>(pieces, () => lane, single ? config.concurrency : 1)
}

function replyOf(answer: Answer, sent: readonly Piece[], what: 'row' | 'event', deletion: boolean, single: boolean): Reply {
  const told = single ? undefined : answerSchema.safeParse(answer.json).data
  if (told !== undefined) {
    const results = new Map(told.results.map((result) => [result.key, result]))
    return sent.map(({ key }) => {
      const result = results.get(key!)
      if (result?.status === 'rejected' || (result === undefined && !answer.ok)) {
        return { status: 'rejected', error: rejection(what, answer, result?.message ?? messageOf(answer)) }
      }
      return { status: 'accepted', ...(result?.created === undefined ? {} : { created: result.created }) }
    })
  }
  if (answer.ok) return sent.map(() => ({ status: 'accepted', ...(sent.length === 1 && answer.status === 201 ? { created: true } : {}) }))
  // What is to be deleted and is not there is deleted.
  if (deletion && sent.length === 1 && (answer.status === 404 || answer.status === 410)) return [{ status: 'accepted' }]
  // The address is the same for all of them, but a row may hang on another that is not there.
  if (what === 'row') return { refused: rejection(what, answer, messageOf(answer)) }
  return refusal(what, answer, messageOf(answer))
}

/** What the tool says went wrong, where it says it in JSON. */
function messageOf({ json }: Answer): string | undefined {
  const found = z.union([z.object({ message: z.string() }), z.object({ error: z.string() })]).safeParse(json)
  if (!found.success) return undefined
  return 'message' in found.data ? found.data.message : found.data.error
}

async function send(config: WebhookConfig, method: string, body: string | undefined, id: string | undefined, runtime: Runtime) {
  const { url, timeout, signing_secret: secret } = config
  const signed = secret === undefined ? {} : await signature(secret, id ?? randomId(runtime), body ?? '', runtime)
  return sendJson({ url, method, timeout, headers: { ...config.headers, ...signed }, ...(body === undefined ? {} : { body }) }, runtime)
}

function randomId(runtime: Runtime): string {
  return Array.from({ length: 24 }, () => Math.floor(runtime.random() * 36).toString(36)).join('')
}

/** The headers of Standard Webhooks (specification, "Signature scheme"): HMAC-SHA256 over `id.timestamp.body`. A message keeps its id when it is sent again. */
async function signature(secret: string, message: string, body: string, runtime: Runtime): Promise<Record<string, string>> {
  const id = `msg_${message}`
  const timestamp = String(Math.floor(runtime.clock.now() / 1000))
  const encoder = new TextEncoder()
  const bytes = secret.startsWith('whsec_') ? Uint8Array.from(atob(secret.slice(6)), (c) => c.charCodeAt(0)) : encoder.encode(secret)
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signed = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(`${id}.${timestamp}.${body}`)))
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${btoa(String.fromCharCode(...signed))}` }
}
