import { z } from 'zod'
import type { JsonObject } from '../lib/json.ts'
import { checkEvent } from './check.ts'
import { edgeTransformSchema } from './edge-config.ts'
import { type EnrichedEvent, ownMessageId } from './enrich.ts'
import { contentId } from './message-id.ts'
import { type Event, parseTime } from './schema.ts'
import { type RunTransform, storyOf, transformEvents } from './transform.ts'
import { type Candidate, shownEvent } from './transform-event.ts'

const eventSchema = z.record(z.string(), z.unknown())

/** What is asked of `edge/serve/try-transform.ts`, as JSON. */
export const trialSchema = z.object({
  transform: edgeTransformSchema,
  events: z
    .array(z.object({ source: z.string(), event: eventSchema }))
    .describe('As a sender would send them; receivedAt, when known, counts.'),
  maxBytes: z.number().describe('Limit of one event, in bytes of its JSON.'),
})

/** What a transform would do to each event. */
export const trialResultSchema = z.object({
  results: z.array(
    z.object({
      source: z.string(),
      before: eventSchema.describe('As the transform is given it.'),
      after: z.array(eventSchema).describe('What it makes of it; nothing when it is dropped.'),
      rejected: z.object({ reason: z.string(), message: z.string() }).optional().describe('Why the event would be rejected.'),
    }),
  ),
  logs: z.array(z.tuple([z.string(), z.string()])).describe('What it logged: level and text.'),
  elapsed: z.number().describe('Milliseconds that it took for all batches, with the start of its isolate.'),
})

export type Trial = z.infer<typeof trialSchema>
export type TrialResult = z.infer<typeof trialResultSchema>

/** The collector's chain for past events or made-up ones, a batch a source; nothing is kept of it. */
export async function tryTransform(
  { transform, events, maxBytes }: Trial,
  run: RunTransform,
  now: number,
): Promise<TrialResult['results']> {
  const results: TrialResult['results'] = events.map(({ source, event }) => ({ source, before: event, after: [] }))
  const bySource = new Map<string, Candidate[]>()
  for (const [index, { source, event: raw }] of events.entries()) {
    const checked = checkEvent(raw, { anonymous: true, deep: true })
    if (!checked.ok) {
      results[index]!.rejected = { reason: checked.error.code, message: checked.error.message }
      continue
    }
    const enriched = await asItCame(source, checked.value, parseTime(raw['receivedAt']) ?? now)
    results[index]!.before = plain(shownEvent(enriched))
    bySource.set(source, [...(bySource.get(source) ?? []), { index, event: enriched }])
  }
  for (const batch of bySource.values()) {
    const { events: after, rejections } = await transformEvents(batch, { transforms: [transform], run }, { maxBytes, anonymous: true })
    for (const { index, event } of after) results[index]!.after.push(plain(shownEvent(event)))
    for (const { index, error } of rejections) results[index]!.rejected = { reason: error.code, message: storyOf(error) }
  }
  return results
}

/** An event of the chain, of one that has been through it, or that is taken as it is: nothing is looked up for it. */
async function asItCame(source: string, event: Event, receivedAt: number): Promise<EnrichedEvent> {
  const originalTimestamp = parseTime(event.originalTimestamp ?? event.timestamp)
  return {
    event,
    source,
    messageId: ownMessageId(event) ?? (await contentId(source, event)),
    context: (event.context ?? {}) as JsonObject,
    timestamp: parseTime(event.timestamp) ?? originalTimestamp ?? receivedAt,
    originalTimestamp,
    sentAt: parseTime(event.sentAt),
    receivedAt,
  }
}

/** Without fields that are undefined, as JSON has it. */
function plain(event: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(event)) as Record<string, unknown>
}
