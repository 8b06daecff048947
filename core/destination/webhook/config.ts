import { z } from 'zod'
import { timeoutField } from '../../connector/settings.ts'

export const webhookConfigSchema = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).describe('Where rows and events are sent.'),
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST').describe('HTTP method.'),
    headers: z
      .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'must be the name of an HTTP header'), z.string())
      .default({})
      .meta({ secret: true })
      .describe('Sent with each request: Authorization: Bearer ${secret:TOKEN}'),
    batch: z.enum(['single', 'array']).default('array').describe('single: a request a row or event. array: many a request.'),
    concurrency: z.int().min(1).max(32).default(4).describe('Requests at a time where each carries one row or event.'),
    signing_secret: z
      .string()
      .min(1)
      .optional()
      .meta({ secret: true })
      .describe('Signs each request as Standard Webhooks says (headers webhook-id, -timestamp, -signature).'),
    timeout: timeoutField,
  })
  .describe('Sends rows and events as JSON to any HTTP address.')

export type WebhookConfig = z.infer<typeof webhookConfigSchema>
