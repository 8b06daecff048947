import { z } from 'zod'
import { ApiClient, gone, saidBy, throttled } from '../../connector/api-client.ts'
import { defineApiSource, isObject, objectsOf } from '../../connector/api-source.ts'
import type { Answer } from '../../connector/json-request.ts'
import { timeoutField, urlField } from '../../connector/settings.ts'
import type { MillraceError } from '../../lib/error.ts'
import { stripeStreams } from './streams.ts'

const configSchema = z.strictObject({
  api_key: z
    .string()
    .min(1)
    .meta({ secret: true })
    .describe('A restricted key (rk_…) with read permission for what is to be read and for Events, or the secret key (sk_…).'),
  account: z
    .string()
    .regex(/^acct_\w+$/, 'must begin with acct_')
    .optional()
    .describe('The connected account to read, for platforms (Stripe Connect). Without it, the account of the key.'),
  start_date: z.iso.datetime().optional().describe('Only what was created since, as 2026-01-31T00:00:00Z. Without it, everything.'),
  expand: z
    .record(z.string(), z.array(z.string().regex(/^[a-z_]+(\.[a-z_]+){0,3}$/, 'must be a path such as balance_transaction')))
    .default({})
    .describe(
      'Ids to be replaced by the objects they are of, by stream: { charges: [balance_transaction] }. Changed objects are then asked for one by one.',
    ),
  api_version: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d(\.\w+)?$/, 'must be a version such as 2024-06-20')
    .default('2024-06-20')
    .describe("The version of Stripe's API whose fields are read."),
  page_size: z.number().int().min(1).max(100).default(100).describe('Records a request; the API gives at most 100.'),
  base_url: urlField('https://api.stripe.com', 'Where the API is.'),
  timeout: timeoutField,
})

export type Config = z.infer<typeof configSchema>

/** Stripe's API (docs.stripe.com/api). */
export const stripe = defineApiSource<Config>({
  name: 'stripe',
  title: 'Stripe',
  description: 'Customers, payments, invoices and subscriptions of a Stripe account, with what was changed and deleted.',
  config: configSchema,
  open(config, runtime) {
    const client = new ApiClient(
      {
        baseUrl: config.base_url,
        headers: {
          authorization: `Bearer ${config.api_key}`,
          'stripe-version': config.api_version,
          ...(config.account === undefined ? {} : { 'stripe-account': config.account }),
        },
        timeout: config.timeout,
        judge,
      },
      runtime,
    )
    return {
      async probe() {
        const { json } = await client.get('/v1/events', { limit: 1 })
        objectsOf(isObject(json) ? json.data : undefined)
      },
      streams: async () => stripeStreams(client, config, runtime),
    }
  },
})

function judge(answer: Answer): MillraceError | undefined {
  const error = isObject(answer.json) && isObject(answer.json.error) ? answer.json.error : {}
  // Another request holds the object (docs.stripe.com/rate-limits, "Object lock timeouts").
  if (answer.status === 409 || error.code === 'lock_timeout')
    return throttled(`Another request holds the object${saidBy(answer)}`, undefined)
  // The object of starting_after, of ending_before or of the path (docs.stripe.com/error-codes).
  if (error.code === 'resource_missing') return gone(`What was asked for is not there any more${saidBy(answer)}`)
  return undefined
}
