import { z } from 'zod'
import { type DeliveryBatch, type DeliveryRow, defineDestination, type RowOutcome } from '../../connector/destination.ts'
import { callError, connectionError } from '../../connector/http-failure.ts'
import { MillraceError, toMillraceError } from '../../lib/error.ts'
import { fail, ok } from '../../lib/result.ts'
import type { Runtime } from '../../lib/runtime.ts'
import { type WebhookConfig, webhookConfigSchema } from './config.ts'

/** What a tool may answer a batch with. Rows it does not name were accepted. */
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

/** Sends rows as JSON to any HTTP address. */
export const webhook = defineDestination<WebhookConfig>({
  name: 'webhook',
  title: 'Webhook',
  description: 'Sends rows as JSON to any HTTP address: {"sync", "object", "operation", "rows": [{"key", "fields"}]}.',
  config: webhookConfigSchema,
  async check(config, runtime) {
    try {
      // Any answer shows that somebody is there; only a refusal of our credentials or a broken server speaks against it.
      const response = await request(config, 'HEAD', undefined, runtime)
      await response.body?.cancel()
      const error = callError(response)
      return error === undefined ? ok(undefined) : fail(error)
    } catch (thrown) {
      return fail(toMillraceError(thrown))
    }
  },

  rows: {
    limits: { batchSize: 100 },
    operations: ['upsert', 'delete'],
    deliver: (config, batch, runtime) =>
      config.batch === 'array' ? deliverArray(config, batch, runtime) : deliverEach(config, batch, runtime),
  },
})

async function deliverEach(config: WebhookConfig, batch: DeliveryBatch, runtime: Runtime): Promise<RowOutcome[]> {
  const outcomes: RowOutcome[] = Array.from({ length: batch.rows.length })
  const queue = batch.rows.entries()
  let failure: MillraceError | undefined
  const work = async () => {
    for (const [index, row] of queue) {
      if (failure !== undefined) outcomes[index] = { status: 'undelivered', error: neverSent(failure) }
      else {
        outcomes[index] = await deliverOne(config, batch, row, runtime)
        const outcome = outcomes[index]
        // A tool that is down or tired is left alone: the rest waits for the next try.
        if (outcome.status === 'undelivered') failure = outcome.error
      }
    }
  }
  await Promise.all(Array.from({ length: config.concurrency }, work))
  return outcomes
}

async function deliverArray(config: WebhookConfig, batch: DeliveryBatch, runtime: Runtime): Promise<RowOutcome[]> {
  const response = await send(config, batch, { rows: batch.rows }, runtime)
  const answer = answerSchema.safeParse(response.json)
  if (answer.success) {
    const results = new Map(answer.data.results.map((result) => [result.key, result]))
    return batch.rows.map(({ key }) => {
      const result = results.get(key)
      if (result === undefined) return response.ok ? { status: 'accepted' } : { status: 'rejected', error: rowError(response) }
      if (result.status === 'rejected') return { status: 'rejected', error: rowError(response, result.message) }
      return { status: 'accepted', ...(result.created === undefined ? {} : { created: result.created }) }
    })
  }
  if (response.ok) return batch.rows.map(() => ({ status: 'accepted' }))
  if (batch.rows.length === 1) return [await outcomeOfOne(batch, response)]
  // The tool refused all of them and does not say which is to blame: halve, until the culprit stands alone.
  const middle = Math.ceil(batch.rows.length / 2)
  const deliverPart = async (rows: DeliveryRow[]): Promise<RowOutcome[]> => {
    try {
      return await deliverArray(config, { ...batch, rows }, runtime)
    } catch (thrown) {
      // The other half has its answers; this one's failure is its own.
      return rows.map(() => ({ status: 'undelivered', error: toMillraceError(thrown) }))
    }
  }
  return [...(await deliverPart(batch.rows.slice(0, middle))), ...(await deliverPart(batch.rows.slice(middle)))]
}

async function deliverOne(config: WebhookConfig, batch: DeliveryBatch, row: DeliveryRow, runtime: Runtime): Promise<RowOutcome> {
  try {
    return await outcomeOfOne(batch, await send(config, batch, { key: row.key, fields: row.fields }, runtime))
  } catch (thrown) {
    return { status: 'undelivered', error: toMillraceError(thrown) }
  }
}

/** Another row's failure, for one that was not even tried: nothing of it was taken. */
function neverSent(failure: MillraceError): MillraceError {
  const { fault, message, retryable, mend, retryAfter } = failure
  const code = /^destination-(auth|moved|throttled)$/.test(failure.code) ? failure.code : 'destination-unreachable'
  return new MillraceError({ code, fault, message, retryable, mend, retryAfter, cause: failure })
}

async function outcomeOfOne(batch: DeliveryBatch, response: Answer): Promise<RowOutcome> {
  if (response.ok) return { status: 'accepted', ...(response.status === 201 ? { created: true } : {}) }
  // What is to be deleted and is not there is deleted.
  if (batch.operation === 'delete' && (response.status === 404 || response.status === 410)) return { status: 'accepted' }
  return { status: 'rejected', error: rowError(response) }
}

interface Answer {
  ok: boolean
  status: number
  text: string
  json: unknown
}

/** One request. Throws where the whole call failed; a 4xx that is about the rows is returned. */
async function send(config: WebhookConfig, batch: DeliveryBatch, content: object, runtime: Runtime): Promise<Answer> {
  const body = JSON.stringify({ sync: batch.sync, object: batch.object, operation: batch.operation, ...content })
  const response = await request(config, config.method, body, runtime)
  const text = await response.text().catch((thrown: unknown) => {
    throw connectionError(thrown, runtime.signal)
  })
  const error = callError(response)
  if (error !== undefined) throw error
  return { ok: response.ok, status: response.status, text, json: parseJson(text) }
}

async function request(config: WebhookConfig, method: string, body: string | undefined, runtime: Runtime): Promise<Response> {
  const headers: Record<string, string> = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    'user-agent': 'millrace',
    ...config.headers,
    ...(config.signing_secret === undefined ? {} : await signature(config.signing_secret, body ?? '', runtime)),
  }
  const signal = AbortSignal.any([runtime.signal, AbortSignal.timeout(config.timeout * 1000)])
  try {
    return await runtime.fetch(config.url, { method, headers, signal, redirect: 'manual', ...(body === undefined ? {} : { body }) })
  } catch (thrown) {
    throw connectionError(thrown, runtime.signal)
  }
}

function rowError(response: Answer, message?: string): MillraceError {
  const said = message ?? messageOf(response)
  return new MillraceError({
    code: 'row-rejected',
    fault: 'config',
    message: said === '' ? `The tool refused the row (${response.status}).` : said,
  })
}

/** What the tool says went wrong: a message in its JSON, or its text, shortened. */
function messageOf({ json, text, status }: Answer): string {
  const found = z.union([z.object({ message: z.string() }), z.object({ error: z.string() })]).safeParse(json)
  const said = found.success ? ('message' in found.data ? found.data.message : found.data.error) : text
  return said.trim() === '' ? '' : `${said.trim().slice(0, 500)} (${status})`
}

/** The headers of Standard Webhooks (specification, "Signature scheme"): HMAC-SHA256 over `id.timestamp.body`. */
async function signature(secret: string, body: string, runtime: Runtime): Promise<Record<string, string>> {
  const id = `msg_${Array.from({ length: 24 }, () => Math.floor(runtime.random() * 36).toString(36)).join('')}`
  const timestamp = String(Math.floor(runtime.clock.now() / 1000))
  const encoder = new TextEncoder()
  const bytes = secret.startsWith('whsec_') ? Uint8Array.from(atob(secret.slice(6)), (c) => c.charCodeAt(0)) : encoder.encode(secret)
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const signed = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(`${id}.${timestamp}.${body}`)))
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${btoa(String.fromCharCode(...signed))}` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
