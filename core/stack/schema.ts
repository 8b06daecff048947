import { z } from 'zod'
import { eventFilterSchema, transformGrants } from '../event/edge-config.ts'
import { enrichSchema } from '../event/enrich/settings.ts'
import type { planSchema } from '../event/plan/plan.ts'
import { nameSchema } from '../lib/identifier.ts'
import { shapeSettings, streamSettingsSchema } from './stream-settings.ts'

/*
 * The files a user owns, one schema each. Keys in the files are snake_case, as in the warehouse.
 * A name is never inside a file: it is the file's stem.
 *
 * Any string may hold `${secret:NAME}` (a secret by name) or `${var:name}` (a variable of
 * millrace.yaml, or of the environment chosen there); `load` checks that they exist, and only the
 * host resolves them, at the moment of use.
 */

const description = z.string().optional().describe('What it is for, for people.')
const schedule = z.string().optional().describe('A cron pattern (five fields) or "every 15 minutes"; without it, it runs on demand.')

export const stackFileSchema = z
  .strictObject({
    name: nameSchema.describe('The name of the stack.'),
    description,
    warehouse: z
      .strictObject({
        url: z.string().describe('HTTP address of ClickHouse.'),
        user: z.string().default('default').describe('ClickHouse user.'),
        password: z.string().default('').describe('Its password: a secret by name.'),
      })
      .optional()
      .describe('The ClickHouse server. Without it: the local warehouse in .millrace/warehouse.'),
    edge: z
      .strictObject({
        url: z.string().describe('Address of the collector.'),
        admin_token: z.string().describe('Token of its admin routes: a secret by name.'),
      })
      .optional()
      .describe('The collector. Without it: the local one.'),
    variables: z.record(nameSchema, z.string()).default({}).describe('Values that files use as ${var:name}.'),
    environments: z
      .record(nameSchema, z.strictObject({ variables: z.record(nameSchema, z.string()).default({}) }))
      .default({})
      .describe('Named sets of variables that override the ones above (--env NAME).'),
  })
  .describe('millrace.yaml: the stack itself.')

const plan = nameSchema.optional().describe('Name of the tracking plan (plans/*.yaml) that its events are held against.')
const transforms = z.array(nameSchema).default([]).describe('Files of transforms/ that its events go through, in this order.')

const sdkSourceSchema = z.strictObject({
  kind: z.literal('sdk'),
  description,
  write_key: z.string().min(8).describe('What the SDK authenticates with. It can only write.'),
  enabled: z.boolean().default(true).describe('A disabled source answers 403.'),
  enrich: enrichSchema,
  plan,
  transforms,
  origins: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Pages that may send: https://shop.example, *.example.com. Without it, any. A request without Origin is no page.'),
  rate_limit: z
    .number()
    .positive()
    .optional()
    .describe("Events a second that each isolate of the collector takes, with bursts of 5 seconds' worth; more answers 429."),
  max_event_bytes: z.number().int().positive().optional().describe('A larger event is rejected by itself; without it, 32768.'),
  first_party: z
    .strictObject({
      path: z.string().optional().describe('Where the collector serves the browser SDK, and takes its events; without it, /a.'),
      cookie_domain: z
        .string()
        .optional()
        .describe('Domain of the site and the collector: the anonymous id is kept there as a cookie set by the server.'),
    })
    .optional()
    .describe('The browser SDK, served by the collector under a path that ad blockers do not know.'),
})

const webhookSourceSchema = z.strictObject({
  kind: z.literal('webhook'),
  description,
  connector: z.string().describe('Name of the tool: stripe, shopify, …; generic for any other.'),
  config: z.record(z.string(), z.unknown()).default({}).describe("The connector's settings."),
  write_key: z
    .string()
    .min(8)
    .describe('Authenticates the sender, as ?key= in the address; not needed there when the tool signs what it sends.'),
  enabled: z.boolean().default(true).describe('A disabled source answers 403.'),
  enrich: enrichSchema,
  plan,
  transforms,
})

const etlSourceSchema = z.strictObject({
  kind: z.literal('etl'),
  description,
  connector: z.string().describe('Name of the connector: declarative, …'),
  config: z.record(z.string(), z.unknown()).default({}).describe("The connector's settings."),
  streams: z.record(z.string(), streamSettingsSchema).optional().describe('Streams to read; without it, all of them.'),
  ...shapeSettings,
  database: nameSchema.optional().describe('Database its tables go to; without it, the name of the source.'),
  schedule,
})

export const sourceFileSchema = z
  .discriminatedUnion('kind', [sdkSourceSchema, webhookSourceSchema, etlSourceSchema])
  .describe('sources/*.yaml: where data comes from.')

export const destinationFileSchema = z
  .strictObject({
    description,
    connector: z.string().describe('Name of the connector: webhook, segment, amplitude, mixpanel, ga4, posthog, …'),
    config: z.record(z.string(), z.unknown()).default({}).describe("The connector's settings."),
    events: eventFilterSchema.optional().describe('Streams events to it as they come in; without it, none.'),
  })
  .describe('destinations/*.yaml: a tool that data goes to.')

/** The leading comment of transforms/*.ts. */
export const transformConfigSchema = z
  .strictObject({ description, ...transformGrants })
  .describe('transforms/*.ts: the YAML in the leading comment.')

/** The leading comment of models/*.sql. */
export const modelConfigSchema = z
  .strictObject({
    description,
    materialized: z
      .enum(['view', 'table'])
      .default('view')
      .describe('view: computed when read. table: computed when built, swapped in whole.'),
    order_by: z.array(z.string()).optional().describe('Sorting key of a table; without it, none.'),
    tests: z
      .array(
        z.union([
          z.strictObject({ unique: z.string().describe('No value twice.') }),
          z.strictObject({ not_null: z.string().describe('No NULL.') }),
          z.strictObject({
            accepted_values: z.strictObject({ column: z.string(), values: z.array(z.union([z.string(), z.number(), z.boolean()])) }),
          }),
          z.strictObject({ no_rows: z.string().describe('A SELECT that must return nothing.') }),
        ]),
      )
      .default([])
      .describe('What must hold after a build.'),
    schedule,
  })
  .describe('models/*.sql: the YAML in the leading comment.')

/** Their plurals are tables of `profiles` that mean something else. */
const reservedEntities = new Set(['trait', 'identitie', 'audience', 'touchpoint', 'session'])

const traitBase = {
  description,
  entity: nameSchema
    .refine((name) => !reservedEntities.has(name), 'is the name of another table of profiles')
    .default('user')
    .describe('What the trait is of: its profiles are in profiles.users; of another entity, in its plural.'),
  schedule,
}

const traitInput = {
  from: z.string().describe('What it is computed from: a table (events.order_completed) or ref(model).'),
  id: z.string().default('user_id').describe('Column that identifies the entity.'),
  where: z.string().optional().describe('SQL condition over the row.'),
  window: z
    .string()
    .regex(/^\d+ (hour|day|week|month|year)s?$/, 'must be like "365 days"')
    .optional()
    .describe('Only rows this recent: "1 year".'),
  timestamp: z.string().default('timestamp').describe('Column that the window and first/last go by.'),
}

/** traits/*.yaml: a typed trait. */
export const traitFileSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      ...traitBase,
      ...traitInput,
      type: z.enum(['count', 'exists']).describe('count: rows. exists: whether there is one.'),
    }),
    z.strictObject({
      ...traitBase,
      ...traitInput,
      type: z
        .enum(['sum', 'average', 'min', 'max', 'count_distinct', 'first', 'last', 'most_frequent'])
        .describe('How the values of the rows become one.'),
      value: z.string().describe('SQL expression over the row: total'),
    }),
  ])
  .describe('traits/*.yaml: a computed trait.')

/** The leading comment of traits/*.sql; the SELECT returns columns `id` and `value`. */
export const traitSqlConfigSchema = z.strictObject(traitBase).describe('traits/*.sql: the YAML in the leading comment.')

export const syncFileSchema = z
  .strictObject({
    description,
    from: z.string().describe('What is sent: a table (profiles.users), ref(model), or a SELECT.'),
    where: z.string().optional().describe('SQL condition over its rows.'),
    destination: nameSchema.describe('A file of destinations/.'),
    object: z.string().describe("The tool's object: contacts"),
    key: z.string().describe('Column of `from` that the tool matches records by. Unique, not NULL.'),
    mode: z
      .enum(['upsert', 'mirror'])
      .default('upsert')
      .describe('upsert: adds and updates. mirror: also deletes what this sync created and is no longer there.'),
    fields: z.record(z.string(), z.string()).describe("The tool's field: SQL expression over the row."),
    delete_guard: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe(
        'A run that would delete more than this share of the rows stops instead; so does one whose source is empty, unless this is 1.',
      ),
    schedule,
  })
  .describe('syncs/*.yaml: reverse ETL.')

export type StackFile = z.infer<typeof stackFileSchema>
export type SourceFile = z.infer<typeof sourceFileSchema>
export type DestinationFile = z.infer<typeof destinationFileSchema>
export type TransformConfig = z.infer<typeof transformConfigSchema>
export type ModelConfig = z.infer<typeof modelConfigSchema>
export type TraitFile = z.infer<typeof traitFileSchema>
export type TraitSqlConfig = z.infer<typeof traitSqlConfigSchema>
export type SyncFile = z.infer<typeof syncFileSchema>
export type PlanFile = z.infer<typeof planSchema>
