import { z } from 'zod'
import { tailEventSchema, tailFilterSchema } from '../event/tail.ts'
import { errorSchema, rowSchema, time } from './method/common.ts'
import { destinationMethods } from './method/destination.ts'
import { planMethods } from './method/plan.ts'
import { stateMethods } from './method/state.ts'
import { transformMethods } from './method/transform.ts'
import { type deletionSchema, userMethods } from './method/user.ts'

/*
 * Everything the studio and an orchestrator can ask of the host. One table; both ends parse with it,
 * so a transport carries plain JSON and nothing else. Failures cross as ErrorData.
 */

export const jobSchema = z.discriminatedUnion('kind', [
  z
    .object({
      kind: z.literal('source'),
      name: z.string(),
      streams: z.array(z.string()).min(1).optional().describe('Only these streams.'),
      refresh: z
        .boolean()
        .optional()
        .describe('Read them from their beginning, beside what is there, which they replace at the end. Broken off, the next run goes on.'),
      range: z
        .object({ from: z.string().optional(), to: z.string().optional() })
        .refine(({ from, to }) => from !== undefined || to !== undefined, 'A range has a from or a to.')
        .optional()
        .describe('Read only records whose cursor is in it, from included and to not, and leave the states as they are.'),
    })
    .describe('ETL of one source: what is new, or what is asked for.'),
  z
    .object({
      kind: z.literal('models'),
      name: z.string().optional(),
      testOnly: z.boolean().optional().describe('Test them as they stand, without building.'),
    })
    .describe('All models, or one and what it needs.'),
  z.object({ kind: z.literal('traits'), name: z.string().optional() }).describe('All traits, or one.'),
  z
    .object({
      kind: z.literal('sync'),
      name: z.string(),
      retryOnly: z.boolean().optional().describe('Only the rows that the tool refused before.'),
    })
    .describe('Reverse ETL of one sync.'),
  z.object({ kind: z.literal('all') }).describe('Sources, models, traits, syncs, in that order.'),
])

export const runStatusSchema = z.enum(['queued', 'running', 'succeeded', 'partial', 'failed', 'cancelled'])

export const countsSchema = z.record(z.string(), z.number()).describe('What was counted: rows_read, rows_written, accepted, rejected, …')

export const stepSchema = z.object({
  id: z.number(),
  name: z.string(),
  status: runStatusSchema,
  startedAt: time,
  endedAt: time.optional(),
  counts: countsSchema,
  error: errorSchema.optional(),
})

export const runSchema = z.object({
  id: z.string(),
  job: jobSchema,
  trigger: z.enum(['manual', 'schedule', 'command', 'demo']),
  status: runStatusSchema,
  startedAt: time,
  endedAt: time.optional(),
  counts: countsSchema,
  error: errorSchema.optional(),
})

export const logSchema = z.object({
  at: time,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  facts: z.record(z.string(), z.unknown()).optional(),
})

const health = z.enum(['ok', 'idle', 'warning', 'error', 'unknown'])

/** A node of the loop picture. `rate` is rows (or events) a minute over the last minutes, `lag` milliseconds behind. */
export const loopNodeSchema = z.object({
  id: z.string(),
  kind: z.enum(['sdk', 'webhook', 'etl', 'collector', 'warehouse', 'model', 'trait', 'sync', 'destination']),
  name: z.string(),
  title: z.string(),
  health,
  simulated: z.boolean().describe('True for a tool the demo plays.'),
  total: z.number().optional(),
  rate: z.number().optional(),
  lag: z.number().optional(),
  lastAt: time.optional(),
  error: errorSchema.optional(),
})

export const loopSchema = z.object({
  at: time,
  nodes: z.array(loopNodeSchema),
  edges: z.array(z.object({ from: z.string(), to: z.string() })),
})

export const problemSchema = errorSchema.extend({ severity: z.enum(['error', 'warning']) })

const traitSummary = z.object({
  name: z.string(),
  path: z.string(),
  description: z.string().optional(),
  entity: z.string(),
  form: z.enum(['typed', 'sql']),
  type: z.string().describe('count, sum, …, or sql.'),
  computedAt: time.optional(),
  entities: z.number().optional().describe('How many entities have a value.'),
})

const syncSummary = z.object({
  name: z.string(),
  path: z.string(),
  description: z.string().optional(),
  from: z.string(),
  destination: z.string(),
  connector: z.string(),
  object: z.string(),
  mode: z.enum(['upsert', 'mirror']),
  lastRun: runSchema.optional(),
  synced: z.number().describe('Rows the tool has acknowledged.'),
  rejected: z.number().describe('Rows the tool refused and that wait for a retry.'),
})

/** The steps of a plan are the steps that a run executes. */
export const planSchema = z.object({
  sync: z.string(),
  steps: z.array(
    z.object({
      kind: z.enum(['prepare', 'upsert', 'delete', 'acknowledge']),
      description: z.string(),
      rows: z.number(),
      batches: z.number(),
    }),
  ),
  counts: z.object({ add: z.number(), update: z.number(), delete: z.number(), unchanged: z.number(), retry: z.number() }),
  blocked: errorSchema.optional().describe('Why a run would stop: the delete guard, an empty source, a key that is not unique.'),
  samples: z.array(
    z.object({
      operation: z.enum(['add', 'update', 'delete']),
      key: z.string(),
      before: rowSchema.optional(),
      after: rowSchema.optional(),
    }),
  ),
})

const rejectedRow = z.object({
  key: z.string(),
  operation: z.enum(['upsert', 'delete']),
  fields: rowSchema,
  error: errorSchema,
  attempts: z.number(),
  rejectedAt: time,
})

const eventRow = z.object({
  messageId: z.string(),
  type: z.string(),
  event: z.string().optional(),
  source: z.string(),
  userId: z.string().optional(),
  anonymousId: z.string().optional(),
  timestamp: time,
  receivedAt: time,
  payload: rowSchema.describe('properties, traits, context.'),
})

const rejectedEvent = z.object({
  receivedAt: time,
  source: z.string(),
  reason: z.string(),
  path: z.string(),
  message: z.string(),
  payload: z.string(),
})

export const methods = {
  ...destinationMethods,
  ...planMethods,
  ...stateMethods,
  ...transformMethods,
  ...userMethods,
  'app.info': {
    input: z.object({}),
    output: z.object({
      version: z.string(),
      stack: z.object({ name: z.string(), path: z.string(), description: z.string().optional() }),
      warehouseUrl: z.string(),
      edgeUrl: z.string().optional(),
      simulated: z.array(z.string()).describe('Tools the demo plays.'),
    }),
  },
  'stack.get': {
    input: z.object({}),
    output: z.object({
      sources: z.array(
        z.object({ name: z.string(), path: z.string(), kind: z.enum(['sdk', 'webhook', 'etl']), connector: z.string().optional() }),
      ),
      models: z.array(z.object({ name: z.string(), path: z.string(), materialized: z.enum(['view', 'table']) })),
      destinations: z.array(z.object({ name: z.string(), path: z.string(), connector: z.string() })),
      problems: z.array(problemSchema),
    }),
  },
  'stack.file': { input: z.object({ path: z.string() }), output: z.object({ path: z.string(), text: z.string() }) },
  'source.check': { input: z.object({ name: z.string() }), output: z.object({}) },
  'source.discover': {
    input: z.object({ name: z.string() }),
    output: z.object({
      streams: z.array(
        z.object({
          name: z.string(),
          modes: z.array(z.enum(['full-refresh', 'incremental'])),
          primaryKey: z.array(z.array(z.string())),
          cursorField: z.array(z.string()).optional(),
          schema: rowSchema,
        }),
      ),
    }),
  },
  'source.read': {
    input: z.object({ name: z.string(), stream: z.string(), limit: z.number().int().min(1).max(1000).default(20) }),
    output: z.object({ records: z.array(rowSchema) }),
  },
  'source.snippet': {
    input: z.object({ name: z.string() }),
    output: z.object({
      html: z.string().describe("Loads the browser SDK of an sdk source from the collector: what a site's pages get."),
      secret: z.string().optional().describe('Name of a secret that stands in it where the write key, its value, has to.'),
    }),
  },
  'edge.publish': {
    input: z.object({}),
    output: z.object({
      url: z.string(),
      sources: z.array(z.string()).describe('What the collector now takes events from.'),
      webhooks: z
        .array(z.object({ name: z.string(), address: z.string() }))
        .describe('Of these, the webhooks, with the address that their tool is told; WRITE_KEY stands for the key.'),
    }),
  },
  'edge.tail': {
    input: tailFilterSchema.extend({
      id: z
        .string()
        .min(1)
        .max(100)
        .describe('Made up by who asks: `edge.tailed` is told with it. The tail ends half a minute after it was last asked for.'),
    }),
    output: z.object({}),
  },
  'edge.untail': { input: z.object({ id: z.string() }), output: z.object({}) },
  'loop.get': { input: z.object({}), output: loopSchema },
  'event.list': {
    input: z.object({
      after: time.optional().describe('Only events received after this.'),
      type: z.string().optional(),
      search: z.string().optional().describe('Part of the event name, user id or message id.'),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    output: z.object({ events: z.array(eventRow), total: z.number() }),
  },
  'event.rejected': {
    input: z.object({ limit: z.number().int().min(1).max(500).default(100) }),
    output: z.object({ events: z.array(rejectedEvent), total: z.number() }),
  },
  'sql.schema': {
    input: z.object({}),
    output: z.object({
      tables: z.array(
        z.object({
          database: z.string(),
          table: z.string(),
          kind: z.enum(['table', 'view']),
          rows: z.number().optional(),
          columns: z.array(z.object({ name: z.string(), type: z.string() })),
        }),
      ),
    }),
  },
  'sql.run': {
    input: z.object({ sql: z.string(), queryId: z.string(), limit: z.number().int().min(1).max(100_000).default(1000) }),
    output: z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.array(z.unknown())),
      truncated: z.boolean(),
      elapsed: z.number().describe('Milliseconds.'),
      rowsRead: z.number(),
      bytesRead: z.number(),
    }),
  },
  'sql.cancel': { input: z.object({ queryId: z.string() }), output: z.object({}) },
  'trait.list': { input: z.object({}), output: z.object({ traits: z.array(traitSummary) }) },
  'trait.preview': {
    input: z.object({ name: z.string(), limit: z.number().int().min(1).max(1000).default(50) }),
    output: z.object({
      sql: z.string(),
      rows: z.array(z.object({ id: z.string(), value: z.unknown() })),
      entities: z.number(),
      distribution: z
        .array(z.object({ value: z.string(), count: z.number() }))
        .describe('The most frequent values, or ranges of a number.'),
    }),
  },
  'sync.list': { input: z.object({}), output: z.object({ syncs: z.array(syncSummary) }) },
  'sync.plan': { input: z.object({ name: z.string() }), output: planSchema },
  'sync.rejected': {
    input: z.object({ name: z.string(), limit: z.number().int().min(1).max(1000).default(100) }),
    output: z.object({ rows: z.array(rejectedRow) }),
  },
  'run.start': {
    input: z.object({ job: jobSchema, trigger: runSchema.shape.trigger.default('manual') }),
    output: z.object({ runId: z.string() }),
  },
  'run.cancel': { input: z.object({ runId: z.string() }), output: z.object({}) },
  'run.list': { input: z.object({ limit: z.number().int().min(1).max(500).default(100) }), output: z.object({ runs: z.array(runSchema) }) },
  'run.get': {
    input: z.object({ runId: z.string() }),
    output: z.object({ run: runSchema, steps: z.array(stepSchema), logs: z.array(logSchema) }),
  },
} as const satisfies Record<string, { input: z.ZodType; output: z.ZodType }>

/** What the host tells whoever listens, without being asked. */
export const events = {
  'run.changed': runSchema,
  'run.log': logSchema.extend({ runId: z.string() }),
  'stack.changed': z.object({ problems: z.number() }),
  'edge.tailed': z.object({
    id: z.string(),
    state: z.enum(['watching', 'lost']).describe('lost: the collector cannot be watched now; it is tried again.'),
    error: errorSchema.optional(),
    events: z.array(tailEventSchema),
    skipped: z.number().describe('Events left out since the last time, because there were too many.'),
  }),
} as const satisfies Record<string, z.ZodType>

export type Methods = typeof methods
export type MethodName = keyof Methods
export type MethodInput<Name extends MethodName> = z.input<Methods[Name]['input']>
/** Input as a handler gets it: parsed, defaults filled in. */
export type MethodRequest<Name extends MethodName> = z.output<Methods[Name]['input']>
export type MethodOutput<Name extends MethodName> = z.output<Methods[Name]['output']>
export type EventName = keyof typeof events
export type EventData<Name extends EventName> = z.output<(typeof events)[Name]>

export type Job = z.infer<typeof jobSchema>
export type Run = z.infer<typeof runSchema>
export type RunStatus = z.infer<typeof runStatusSchema>
export type Step = z.infer<typeof stepSchema>
export type LogLine = z.infer<typeof logSchema>
export type Loop = z.infer<typeof loopSchema>
export type LoopNode = z.infer<typeof loopNodeSchema>
export type Plan = z.infer<typeof planSchema>
export type Deletion = z.infer<typeof deletionSchema>
