import { z } from 'zod'

const count = z.number().int().nonnegative()
const time = z.number().describe('Milliseconds since the epoch.')
const failure = z.object({ code: z.string(), message: z.string(), at: time })

export const destinationMetricsSchema = z.object({
  state: z
    .enum(['active', 'waiting', 'paused', 'disabled', 'removed'])
    .describe('waiting: between two tries. paused: its settings are at fault. removed: only dead letters are left of it.'),
  backlog: z.object({
    events: count.describe('Events not yet looked at for it, whether or not they concern it, and those that are tried again.'),
    bytes: count,
    maxBytes: count.describe('Past this the oldest become dead letters, so that accepting goes on.'),
    oldestAt: time.optional().describe('When the oldest of them was received.'),
  }),
  delivered: count.describe('Events the tool has.'),
  filtered: count.describe("Events that are not for it: by source, type, name or the user's consent."),
  skipped: count.describe('Events the tool has no place for.'),
  rejected: count.describe('Events the tool refused.'),
  retried: count.describe('Events tried again, each time.'),
  dead: count.describe('Events given up, and neither replayed nor dropped.'),
  replays: count.describe('Replays of a time range that are not yet done.'),
  lastAt: time.optional().describe('When the tool last took something.'),
  lastError: failure.optional().describe('Gone once a delivery succeeds.'),
  nextAt: time.optional().describe('When it tries again, while it waits.'),
})

/** What `GET /admin/metrics.json` of the collector answers; `/admin/metrics` has the same for Prometheus. Counts are since its data folder was made. */
export const edgeMetricsSchema = z.object({
  at: time,
  spool: z.object({
    events: count.describe('Rows durable here and not yet acknowledged by the warehouse.'),
    bytes: count.describe('Of all that is held here, for the warehouse or for a destination.'),
    maxBytes: count.describe('Past this the collector answers 503.'),
    oldestAt: time.optional().describe('When the oldest of them was received.'),
  }),
  sources: z.record(
    z.string(),
    z.object({
      accepted: count.describe('Events answered 200 and bound for events.all.'),
      rejected: count.describe('Events bound for events.rejected.'),
      violations: count.describe('Rows bound for events.violations.'),
      flushed: count.describe('Of accepted and rejected, acknowledged by the warehouse.'),
      dropped: z
        .record(z.string(), count)
        .describe('Events answered 200 that only a count is kept of, by reason: bot, no-consent, transform, suppressed.'),
      lastAt: time.optional().describe('When the last of them all was received.'),
    }),
  ),
  flush: z.object({
    batches: count,
    rows: count,
    retries: count.describe('Attempts that failed.'),
    lastAt: time.optional(),
    nextAt: time.optional().describe('When it tries again, while backing off.'),
    lastError: failure.optional().describe('Gone once a flush succeeds.'),
  }),
  destinations: z.record(z.string(), destinationMetricsSchema),
  refused: z
    .array(
      z.object({
        source: z.string().optional().describe('Absent where the request did not come so far.'),
        code: z.string().describe('Of the error: unknown-key, wrong-signature, spool-full, …'),
        requests: count,
      }),
    )
    .describe('Requests of senders that were answered with an error. Nothing of them was kept, except single events that were rejected.'),
})

export type Refused = EdgeMetrics['refused'][number]
export type DestinationMetrics = z.infer<typeof destinationMetricsSchema>
export type EdgeMetrics = z.infer<typeof edgeMetricsSchema>
