import { z } from 'zod'
import { tailEventSchema, tailFilterSchema } from '../event/tail.ts'
import { userIdsSchema } from '../event/user-ids.ts'

/*
 * Everything the studio and an orchestrator can ask of the host. One table; both ends parse with it,
 * so a transport carries plain JSON and nothing else. Failures cross as ErrorData.
 */

export const placeSchema = z.object({
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
  field: z.string().optional(),
})

export const errorSchema = z.object({
  code: z.string(),
  fault: z.enum(['config', 'transient', 'system']),
  message: z.string(),
  retryable: z.boolean(),
  at: placeSchema.optional(),
  mend: z.string().optional(),
})

const time = z.number().describe('Milliseconds since the epoch.')
const rowSchema = z.record(z.string(), z.unknown())

export const jobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('source'), name: z.string() }).describe('ETL of one source.'),
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

/** How the collector's deliveries to a destination fare; counts are since its data folder was made. */
const deliverySchema = z.object({
  state: z
    .enum(['active', 'waiting', 'paused', 'disabled', 'removed'])
    .describe('waiting: between two tries. paused: its settings are at fault. removed: only dead letters are left of it.'),
  backlog: z.object({
    events: z.number().describe('Events not yet looked at for it, and those that are tried again.'),
    bytes: z.number(),
    maxBytes: z.number().describe('Past this the oldest become dead letters.'),
    oldestAt: time.optional(),
  }),
  delivered: z.number(),
  filtered: z.number().describe('Events that are not for it.'),
  skipped: z.number().describe('Events the tool has no place for.'),
  rejected: z.number().describe('Events the tool refused.'),
  retried: z.number(),
  dead: z.number().describe('Events given up, and neither replayed nor dropped.'),
  replays: z.number().describe('Replays of a time that are not yet done.'),
  lastAt: time.optional().describe('When the tool last took something.'),
  lastError: z.object({ code: z.string(), message: z.string(), at: time }).optional(),
  nextAt: time.optional().describe('When it tries again, while it waits.'),
})

const destinationSummary = z.object({
  name: z.string(),
  path: z.string().optional().describe('Absent when the stack has it no more.'),
  description: z.string().optional(),
  connector: z.string().optional(),
  syncs: z.array(z.string()).describe('Syncs that send to it.'),
  streams: z.boolean().describe('Its file has an `events` part: events are streamed to it as they come in.'),
  delivery: deliverySchema.optional().describe('Absent when the collector knows nothing of it, or cannot be asked.'),
})

/** An event that was given up; or a time whose events were, which a replay reads from the warehouse. */
const deadLetter = z.object({
  id: z.string(),
  at: time.describe('When it was given up.'),
  code: z.string(),
  message: z.string(),
  events: z.number(),
  from: time.describe('When the first of its events was received.'),
  to: time,
  messageId: z.string().optional(),
  event: rowSchema.optional(),
})

const whichLetters = z.union([z.literal('all'), z.array(z.string()).min(1).max(10_000)]).describe('Ids of dead letters, or all.')

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

const suppression = z.object({ kind: z.enum(['user', 'anonymous']), id: z.string(), since: time })

const deletionSchema = z.object({
  id: z.string(),
  users: userIdsSchema,
  requestedAt: time,
  state: z.enum(['waiting', 'deleting', 'waiting-again', 'checking', 'telling', 'done']),
  rows: z.number().describe('Rows of the warehouse that were theirs.'),
  destinations: z.array(
    z.object({
      destination: z.string(),
      connector: z.string(),
      outcome: z.enum(['told', 'by-hand']).describe('by-hand: it has to be done in the tool.'),
      message: z.string(),
    }),
  ),
  doneAt: time.optional(),
  nextAt: time.optional().describe('When it goes on, unless it is done.'),
  failures: z.number(),
  lastError: errorSchema.optional(),
})

const actionSchema = z.enum(['flag', 'drop_property', 'reject'])

/** A rule of a tracking plan that events break at one place. */
const brokenRule = z.object({
  type: z.string(),
  event: z.string().describe('Name of a track event; empty for other calls.'),
  rule: z.string().describe('unplanned_event, unplanned_property, required_missing, datatype_mismatch, invalid_value.'),
  path: z.string().describe('Place in the event; * stands for any item of a list.'),
  action: actionSchema,
  message: z.string(),
  events: z.number(),
})

const newest = {
  days: z.number().int().min(1).max(3650).describe('Only events received in the last days.'),
  limit: z.number().int().min(1).max(10_000_000).default(100_000).describe('Events at most: the newest.'),
}

export const methods = {
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
  'user.suppress': { input: userIdsSchema, output: z.object({ added: z.number(), count: z.number() }) },
  'user.release': { input: userIdsSchema, output: z.object({ removed: z.number(), count: z.number() }) },
  'user.suppressions': {
    input: z.object({ limit: z.number().int().min(1).max(1000).default(100) }),
    output: z.object({ count: z.number(), suppressions: z.array(suppression) }),
  },
  'user.delete': { input: userIdsSchema, output: z.object({ deletion: deletionSchema }) },
  'user.deletion': { input: z.object({ id: z.string() }), output: z.object({ deletion: deletionSchema }) },
  'user.deletions': {
    input: z.object({ limit: z.number().int().min(1).max(1000).default(100) }),
    output: z.object({ deletions: z.array(deletionSchema) }),
  },
  'plan.infer': {
    input: z.object({
      source: z.string().optional().describe('Only events of this source.'),
      event: z.string().optional().describe('Only this track event, by its name as sent.'),
      ...newest,
      days: newest.days.default(30),
      enumUpTo: z.number().int().min(0).max(1000).default(0).describe('Strings with at most so many different values become an enum.'),
    }),
    output: z.object({
      text: z.string().describe('A tracking plan as YAML.'),
      events: z.number().describe('How many events it is made of.'),
      leftOut: z.number().describe('Events left out, because there were too many names.'),
    }),
  },
  'plan.check': {
    input: z.object({
      name: z.string(),
      source: z.string().optional().describe('Only events of this source; without it, of those that name the plan.'),
      ...newest,
      days: newest.days.default(7),
    }),
    output: z.object({
      sources: z.array(z.string()),
      events: z.number(),
      sound: z.number(),
      flagged: z.number().describe('Would be stored, with violations on record.'),
      trimmed: z.number().describe('Of the flagged, would lose a property.'),
      rejected: z.number().describe('Would go to events.rejected.'),
      findings: z.array(brokenRule.extend({ messageId: z.string().describe('Of one of the events.') })),
    }),
  },
  'plan.violations': {
    input: z.object({
      source: z.string().optional(),
      days: newest.days.default(7),
      limit: z.number().int().min(1).max(10_000).default(500),
    }),
    output: z.object({
      violations: z.array(brokenRule.extend({ source: z.string(), plan: z.string(), lastSeen: time, messageId: z.string() })),
      total: z.number().describe('Violations, shown or not.'),
    }),
  },
  'transform.list': {
    input: z.object({}),
    output: z.object({
      transforms: z.array(
        z.object({
          name: z.string(),
          path: z.string(),
          description: z.string().optional(),
          sources: z.array(z.string()).describe('Sources whose events go through it.'),
          fetch: z.array(z.string()).describe('Hosts that it may send requests to.'),
          timeout: z.number().optional().describe('Milliseconds that a batch may take; absent when the file cannot be read.'),
          hash: z.string().optional().describe('Its version; absent when the file is broken: `stack.get` says how.'),
        }),
      ),
    }),
  },
  'transform.test': {
    input: z.object({
      name: z.string(),
      text: z.string().optional().describe('The file as it is in an editor; without it, as it is saved.'),
      events: z.array(rowSchema).max(1000).optional().describe('Events as a sender would send them.'),
      sql: z.string().optional().describe('A SELECT of rows of events.all. Without either: the newest events of its sources.'),
      source: z.string().optional().describe('The newest events of this source instead; the source of `events`.'),
      limit: z.number().int().min(1).max(1000).default(100),
    }),
    output: z.object({
      hash: z.string(),
      results: z.array(
        z.object({
          source: z.string(),
          before: rowSchema.describe('As the transform is given it.'),
          after: z.array(rowSchema).describe('What it makes of it; nothing when it is dropped.'),
          rejected: z.object({ reason: z.string(), message: z.string() }).optional().describe('Why the event would be rejected.'),
        }),
      ),
      logs: z.array(z.tuple([z.string(), z.string()])).describe('What it logged: level and text.'),
      elapsed: z.number().describe('Milliseconds that it took for all batches, with the start of its isolate.'),
    }),
  },
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
  'destination.list': {
    input: z.object({}),
    output: z.object({
      destinations: z.array(destinationSummary),
      edgeError: errorSchema.optional().describe('Why the collector could not be asked.'),
    }),
  },
  'destination.dead': {
    input: z.object({ name: z.string(), limit: z.number().int().min(1).max(500).default(100) }),
    output: z.object({ letters: z.array(deadLetter).describe('The newest first.') }),
  },
  'destination.replay': {
    input: z.object({ name: z.string(), which: whichLetters }),
    output: z.object({ events: z.number().describe('Events that are delivered again.') }),
  },
  'destination.drop': {
    input: z.object({ name: z.string(), which: whichLetters }),
    output: z.object({ events: z.number().describe('Events that are forgotten.') }),
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
