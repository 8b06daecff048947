import { z } from 'zod'

const count = z.number().int().nonnegative()
const time = z.number().describe('Milliseconds since the epoch.')

/** What `GET /admin/metrics.json` of the collector answers. Counts are since its data folder was made. */
export const edgeMetricsSchema = z.object({
  at: time,
  spool: z.object({
    events: count.describe('Rows durable here and not yet acknowledged by the warehouse.'),
    bytes: count,
    maxBytes: count.describe('Past this the collector answers 503.'),
    oldestAt: time.optional().describe('When the oldest of them was received.'),
  }),
  sources: z.record(
    z.string(),
    z.object({
      accepted: count.describe('Events answered 200 and bound for events.all.'),
      rejected: count.describe('Events bound for events.rejected.'),
      flushed: count.describe('Of both, acknowledged by the warehouse.'),
      dropped: z.record(z.string(), count).describe('Events answered 200 that only a count is kept of, by reason: bot, no-consent.'),
      lastAt: time.optional().describe('When the last of them all was received.'),
    }),
  ),
  flush: z.object({
    batches: count,
    rows: count,
    retries: count.describe('Attempts that failed.'),
    lastAt: time.optional(),
    nextAt: time.optional().describe('When it tries again, while backing off.'),
    lastError: z.object({ code: z.string(), message: z.string(), at: time }).optional().describe('Gone once a flush succeeds.'),
  }),
})

export type EdgeMetrics = z.infer<typeof edgeMetricsSchema>
