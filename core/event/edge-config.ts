import { z } from 'zod'
import { nameSchema } from '../lib/identifier.ts'
import { enrichSchema } from './enrich/settings.ts'
import { originPattern } from './origin.ts'
import { edgePlanSchema } from './plan/plan.ts'
import { eventTypes } from './schema.ts'

/**
 * What `millrace publish` sends to the collector (`PUT /admin/config`): the sources it may take events
 * from, and the destinations it streams them to. Secrets are already resolved; the keys are those of the stack's files.
 */

const source = {
  name: nameSchema.describe('Name of the source; stands in events.all.source.'),
  write_key: z.string().min(8).describe('What the sender authenticates with. It can only write.'),
  enabled: z.boolean().default(true).describe('A disabled source answers 403.'),
  enrich: enrichSchema,
  plan: nameSchema.optional().describe('Name of the tracking plan its events are held against.'),
  transforms: z.array(nameSchema).default([]).describe('Names of the transforms that its events go through, in order.'),
}

/** First words of the collector's own paths. */
const ownPaths = new Set(['v1', 'api', 'pixel', 'beacon', 'admin', 'health', 'batch', 'capture', 'e', 'i', 'flags', 'sourceconfig'])

/** Where the browser SDK of a source is. */
export const firstPartySchema = z.strictObject({
  path: z
    .string()
    .regex(/^(?:\/[\w-]+)+$/, 'is not a path such as /a')
    .max(100)
    .refine((path) => !ownPaths.has(path.split('/', 2).at(-1)!.toLowerCase()), 'is a path of the collector itself')
    .default('/a')
    .describe('Where the browser SDK is served, and sends to.'),
  cookie_domain: z
    .string()
    .toLowerCase()
    .regex(/^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)+[a-z\d-]*[a-z\d]$/, 'is not a domain such as example.com')
    .optional()
    .describe('Domain of the site and the collector: the anonymous id is kept there as a cookie set by the server.'),
})

/** What a source of an SDK may set beside its key. */
const sdk = {
  origins: z
    .array(z.string().regex(originPattern, 'is not an origin such as https://shop.example or *.example.com'))
    .min(1)
    .optional()
    .describe('Pages that may send: https://shop.example, *.example.com. Without it, any. A request without Origin is no page.'),
  rate_limit: z
    .number()
    .positive()
    .max(1_000_000)
    .optional()
    .describe("Events a second that each isolate takes, with bursts of 5 seconds' worth; more answers 429."),
  max_event_bytes: z
    .number()
    .int()
    .min(1024)
    .max(512 * 1024)
    .optional()
    .describe('A larger event is rejected by itself. Without it, EVENT_MAX_BYTES of the collector.'),
  first_party: firstPartySchema.prefault({}).describe('The browser SDK, served by the collector.'),
}

/** A host, as `URL.host` has it. */
const hostSchema = z
  .string()
  .regex(/^(?:[a-z\d](?:[a-z\d.-]*[a-z\d])?|\[[a-f\d:.]+\])(?::\d{1,5})?$/, 'is not a host such as api.example.com')

/** What a transform may do; in a stack, the leading comment of its file. */
export const transformGrants = {
  fetch: z
    .array(hostSchema)
    .max(20)
    .default([])
    .describe('Hosts it may send requests to (api.example.com, 10.0.0.5:8080). Without it, none. A name reaches public addresses only.'),
  timeout_ms: z.number().int().min(10).max(5000).default(1000).describe('The longest a batch may take, in milliseconds.'),
}

/** What all transforms may have together, in characters of code: a publication is one row of at most 2 MB. */
const maxCode = 1024 * 1024

export const edgeTransformSchema = z.strictObject({
  name: nameSchema.describe('Name of the transform.'),
  hash: z
    .string()
    .regex(/^[a-f\d]{64}$/)
    .describe('SHA-256 of all the rest: the version. Another version runs in another isolate.'),
  code: z
    .string()
    .max(256 * 1024)
    .describe('A JavaScript module that exports `transform`.'),
  lines: z.array(z.number().int()).describe("For each line of the code, the line of the user's file that it was made of; 0 for none."),
  ...transformGrants,
})

export const edgeSourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sdk'), ...source, ...sdk }),
  z.strictObject({
    kind: z.literal('webhook'),
    ...source,
    connector: z.string().describe('A webhook source of the registry: stripe, generic, …'),
    config: z.record(z.string(), z.unknown()).describe("The connector's settings; the collector checks them by its schema."),
  }),
])

/** The `events` part of a destination's file: which events are streamed to it as they come in. */
export const eventFilterSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('A disabled destination gets nothing, and nothing is kept for it; enabled again, it gets what comes in from then on.'),
  sources: z.array(nameSchema).optional().describe('Names of the sources whose events it gets; without it, all.'),
  types: z.array(z.enum(eventTypes)).optional().describe('Call types it gets; without it, all that the connector takes.'),
  include: z.array(z.string()).optional().describe('Names of track events, as sent; without it, all. Other types are not concerned.'),
  exclude: z.array(z.string()).default([]).describe('Names of track events, as sent, that it does not get.'),
  consent: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Categories that the user must have agreed to: events without context.consent.categoryPreferences.<category> = true are not sent.',
    ),
})

export const edgeDestinationSchema = z.strictObject({
  name: nameSchema.describe('Name of the destination.'),
  connector: z.string().describe('Name of the connector.'),
  config: z.record(z.string(), z.unknown()).describe("The connector's settings, secrets resolved."),
  events: eventFilterSchema,
})

export const edgeConfigSchema = z
  .strictObject({
    sources: z.array(edgeSourceSchema).describe('All of them: what is missing here is no longer accepted.'),
    destinations: z.array(edgeDestinationSchema).default([]).describe('All of them: what is missing here is no longer delivered to.'),
    plans: z.array(edgePlanSchema).default([]).describe('The tracking plans that sources name.'),
    transforms: z.array(edgeTransformSchema).default([]).describe('Those that sources name.'),
  })
  .superRefine((config, context) => {
    const once = (list: 'sources' | 'destinations', field: string, values: readonly string[]) => {
      for (const [index, value] of values.entries())
        if (values.indexOf(value) < index)
          context.addIssue({ code: 'custom', path: [list, index, field], message: `two ${list} have the same ${field}` })
    }
    for (const field of ['name', 'write_key'] as const)
      once(
        'sources',
        field,
        config.sources.map((source) => source[field]),
      )
    once(
      'destinations',
      'name',
      config.destinations.map(({ name }) => name),
    )
    for (const [index, { plan }] of config.sources.entries()) {
      if (plan !== undefined && !config.plans.some(({ name }) => name === plan))
        context.addIssue({ code: 'custom', path: ['sources', index, 'plan'], message: `there is no plan ${plan}` })
    }
    if (config.transforms.reduce((size, { code }) => size + code.length, 0) > maxCode)
      context.addIssue({ code: 'custom', path: ['transforms'], message: `together they have more than ${maxCode} characters of code` })
    for (const [index, { transforms }] of config.sources.entries()) {
      const missing = transforms.find((name) => !config.transforms.some((transform) => transform.name === name))
      if (missing !== undefined)
        context.addIssue({ code: 'custom', path: ['sources', index, 'transforms'], message: `there is no transform ${missing}` })
    }
  })

export type EdgeTransform = z.infer<typeof edgeTransformSchema>
export type EdgeSource = z.infer<typeof edgeSourceSchema>
export type WebhookEdgeSource = Extract<EdgeSource, { kind: 'webhook' }>
export type SdkSource = Extract<EdgeSource, { kind: 'sdk' }>
export type EventFilter = z.infer<typeof eventFilterSchema>
export type EdgeDestination = z.infer<typeof edgeDestinationSchema>
export type EdgeConfig = z.infer<typeof edgeConfigSchema>
/** As written by a caller: `enabled` may be left out. */
export type EdgeConfigInput = z.input<typeof edgeConfigSchema>
