import { z } from 'zod'

export const webhookConfigSchema = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('Where the rows are sent.'),
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').describe('HTTP method.'),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of an HTTP header'), z.string())
      .default({})
      .meta({ secret: true })
      .describe('Sent with each request: Authorization: Bearer ${secret:TOKEN}'),
    batch: z.enum(['single', 'array']).default('array').describe('single: a request a row. array: many rows a request.'),
    concurrency: z.int().min(1).max(32).default(4).describe('Requests at a time where each carries one row.'),
    signing_secret: z
      .string()
      .min(1)
      .optional()
      .meta({ secret: true })
      .describe('Signs each request as Standard Webhooks says (headers webhook-id, -timestamp, -signature).'),
    timeout: z.number().positive().max(600).default(30).describe('Seconds to wait for an answer.'),
  })
  .describe('Sends rows as JSON to any HTTP address.')

export type WebhookConfig = z.infer<typeof webhookConfigSchema>
