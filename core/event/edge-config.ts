import { z } from 'zod'
import { nameSchema } from '../lib/identifier.ts'

/**
 * What `millrace publish` sends to the collector (`PUT /admin/config`): the sources it may take events
 * from. Secrets are already resolved; the keys are those of the stack's source files.
 */

const source = {
  name: nameSchema.describe('Name of the source; stands in events.all.source.'),
  write_key: z.string().min(8).describe('What the sender authenticates with. It can only write.'),
  enabled: z.boolean().default(true).describe('A disabled source answers 403.'),
}

export const edgeSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sdk'), ...source }),
  z.strictObject({
    kind: z.literal('webhook'),
    ...source,
    connector: z.string().describe('A webhook source of the registry: stripe, generic, …'),
    config: z.record(z.string(), z.unknown()).describe("The connector's settings; the collector checks them by its schema."),
  }),
])

export const edgeConfigSchema = z
  .strictObject({
    sources: z.array(edgeSourceSchema).describe('All of them: what is missing here is no longer accepted.'),
  })
  .superRefine((config, context) => {
    for (const field of ['name', 'write_key'] as const) {
      const seen = new Set<string>()
      for (const [index, item] of config.sources.entries()) {
        if (seen.has(item[field]))
          context.addIssue({ code: 'custom', path: ['sources', index, field], message: `two sources have the same ${field}` })
        seen.add(item[field])
      }
    }
  })

export type EdgeSource = z.infer<typeof edgeSourceSchema>
export type WebhookEdgeSource = Extract<EdgeSource, { kind: 'webhook' }>
export type EdgeConfig = z.infer<typeof edgeConfigSchema>
/** As written by a caller: `enabled` may be left out. */
export type EdgeConfigInput = z.input<typeof edgeConfigSchema>
